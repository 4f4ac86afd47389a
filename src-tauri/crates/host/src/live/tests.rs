use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use model::Sentence;
use serde_json::json;
use tokio::sync::mpsc;

use super::*;

/// A feed that says what the test says.
struct Fake {
    events: mpsc::UnboundedReceiver<FeedEvent>,
    led: Arc<AtomicBool>,
}

impl Source for Fake {
    async fn next(&mut self) -> Option<FeedEvent> {
        self.events.recv().await
    }

    fn lead(&self) {
        self.led.store(true, Ordering::SeqCst);
    }
}

/// A feed that was started, and the other end of it.
struct Started {
    scope: Scope,
    beside: bool,
    tell: mpsc::UnboundedSender<FeedEvent>,
    led: Arc<AtomicBool>,
}

impl Started {
    fn objects(&self, all: &[(&str, &str)]) {
        let deltas = all.iter().map(|(ns, name)| Delta::Upsert(service(ns, name))).collect();
        self.tell.send(FeedEvent::Deltas(deltas)).expect("is heard");
    }

    fn kinds(&self, state: impl Fn(Kind) -> KindState) {
        WATCHED.iter().for_each(|k| self.tell.send(FeedEvent::Kind(*k, state(*k))).expect("is heard"));
    }

    fn fresh(&self, live: bool) {
        let fresh = Freshness { live, oldest_age: Duration::ZERO, heartbeat_age: Some(Duration::ZERO), why: None };
        self.tell.send(FeedEvent::Freshness(fresh)).expect("is heard");
    }

    /// Everything was read.
    fn read(&self, all: &[(&str, &str)]) {
        self.objects(all);
        self.kinds(|_| live());
        self.fresh(true);
    }
}

fn service(ns: &str, name: &str) -> model::Object {
    let v = json!({"metadata":{"namespace":ns,"name":name,"uid":format!("{ns}-{name}")},"spec":{"ports":[{"port":80}]}});
    Kind::Service.decode_value(&v).expect("decodes")
}

fn live() -> KindState {
    KindState::Live { since: Timestamp::UNIX_EPOCH, last: Timestamp::UNIX_EPOCH, unreadable: 0 }
}

fn scope(names: &[&str]) -> Scope {
    Scope::of(&names.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn want(read: &[&str], shown: &[&str]) -> Want {
    Want { read: scope(read), shown: scope(shown) }
}

/// A host without a cluster, a live view of it, and the feeds that it starts.
struct Scene {
    host: Arc<Host>,
    live: Arc<Live>,
    feeds: mpsc::UnboundedReceiver<Started>,
    _dir: tempfile::TempDir,
}

impl Scene {
    fn new(first: Want) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("config");
        std::fs::write(&file, "contexts: []").expect("writes");
        let options = crate::Options { kubeconfig: Some(file), state_dir: Some(dir.path().into()), ..Default::default() };
        let host = Host::new(options).expect("a host");
        let (started, feeds) = mpsc::unbounded_channel();
        let open = move |scope: &Scope, beside: bool| {
            let (tell, events) = mpsc::unbounded_channel();
            let led = Arc::new(AtomicBool::new(!beside));
            started.send(Started { scope: scope.clone(), beside, tell, led: led.clone() }).expect("is looked at");
            Fake { events, led }
        };
        let live = Live::over(Arc::downgrade(&host), "c", first, open);
        Self { host, live, feeds, _dir: dir }
    }

    async fn feed(&mut self) -> Started {
        tokio::time::timeout(Duration::from_secs(5), self.feeds.recv()).await.expect("in time").expect("a feed")
    }

    async fn until(&self, what: &str, so: impl Fn(&State) -> bool) {
        tokio::time::timeout(Duration::from_secs(5), self.live.until(so)).await.unwrap_or_else(|_| panic!("{what}: not in time"));
    }

    fn shown(&self) -> Vec<String> {
        self.live.with(|t, _| t.graph().nodes().map(|n| n.id.to_string()).collect())
    }
}

/// The next batch that the host tells.
async fn batch(events: &mut tokio::sync::broadcast::Receiver<UiEvent>) -> GraphBatch {
    let next = async {
        loop {
            if let UiEvent::Graph(b) = events.recv().await.expect("goes on") {
                return b;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(5), next).await.expect("a batch in time")
}

fn ids(b: &GraphBatch) -> Vec<&str> {
    b.nodes.iter().map(|n| n.id.as_str()).collect()
}

fn object(kind: Kind, name: &str, spec: serde_json::Value) -> Delta {
    let v = json!({"metadata":{"namespace":"shop","name":name,"uid":format!("{kind}-{name}")},"spec":spec});
    Delta::Upsert(kind.decode_value(&v).expect("decodes"))
}

/// How objects come in: all at once, one by one, …
type Order = fn(Vec<Delta>) -> Vec<Vec<Delta>>;

/// Three applications behind one Ingress.
fn shop() -> Vec<Delta> {
    let deployment = |name: &str| {
        let template = json!({"metadata":{"labels":{"app":name}},"spec":{"containers":[{"name":"c","image":"i:v1"}]}});
        object(Kind::Deployment, name, json!({"replicas":1,"selector":{"matchLabels":{"app":name}},"template":template}))
    };
    let service = |name: &str| object(Kind::Service, name, json!({"selector":{"app":name},"ports":[{"port":80}]}));
    let path = |path: &str, to: &str| json!({"path":path,"pathType":"Prefix","backend":{"service":{"name":to,"port":{"number":80}}}});
    let rules = json!([{"host":"h","http":{"paths":[path("/", "web"), path("/api", "api"), path("/pay", "pay")]}}]);
    let names = ["api", "web", "pay"];
    let parts = names.iter().map(|n| deployment(n)).chain(names.iter().rev().map(|n| service(n)));
    parts.chain([object(Kind::Ingress, "edge", json!({"rules":rules}))]).collect()
}

fn rows(s: &Scene) -> BTreeMap<String, String> {
    let place = |t: &Topology, id: &NodeId| t.layout().place(id).map(|p| format!("{p:?}")).unwrap_or_default();
    s.live.with(|t, _| t.graph().nodes().map(|n| (n.id.to_string(), place(t, &n.id))).collect())
}

#[tokio::test]
async fn the_map_does_not_look_by_what_was_read_first_and_stays_as_it_is_afterwards() {
    let mut seen = vec![];
    let orders: [Order; 3] =
        [|all| vec![all], |all| all.into_iter().map(|d| vec![d]).collect(), |all| all.into_iter().rev().map(|d| vec![d]).collect()];
    for order in orders {
        let mut s = Scene::new(want(&["shop"], &["shop"]));
        let feed = s.feed().await;
        for deltas in order(shop()) {
            feed.tell.send(FeedEvent::Deltas(deltas)).expect("is heard");
        }
        feed.kinds(|_| live());
        feed.fresh(true);
        s.until("everything is read", |state| state.settled() && state.laid).await;
        let first = rows(&s);
        feed.tell.send(FeedEvent::Deltas(vec![object(Kind::Service, "aaa", json!({"ports":[{"port":80}]}))])).expect("is heard");
        s.until("one more", |state| state.topology.graph().nodes().count() > first.len()).await;
        let later = rows(&s);
        assert!(first.iter().all(|(id, place)| later.get(id) == Some(place)), "nothing moves for what is new: {first:?} {later:?}");
        seen.push(first);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn a_run_elsewhere_widens_what_is_read_and_the_map_goes_on() {
    let mut s = Scene::new(want(&["pay"], &["pay"]));
    let first = s.feed().await;
    assert_eq!((&first.scope, first.beside), (&scope(&["pay"]), false));
    first.read(&[("pay", "pay")]);
    s.until("pay", State::settled).await;
    let mut told = s.host.events();
    let whole = s.live.whole();
    s.live.acknowledge(whole.seq);

    s.live.aim(want(&["pay", "shop"], &["pay"]));
    let second = s.feed().await;
    assert_eq!((&second.scope, second.beside), (&scope(&["pay", "shop"]), true));
    // While the wider one is read, the map goes on and nothing is taken away.
    first.objects(&[("pay", "more")]);
    let more = batch(&mut told).await;
    assert_eq!(ids(&more), ["Service/pay/more"]);
    s.live.acknowledge(more.seq);
    second.objects(&[("pay", "pay"), ("pay", "more"), ("shop", "web")]);
    second.kinds(|_| live());
    second.fresh(false);
    tokio::task::yield_now().await;
    assert!(!second.led.load(Ordering::SeqCst) && !first.tell.is_closed(), "the first one speaks until the second is live");
    assert!(!s.live.covers(&scope(&["shop"])) && s.live.freshness().live);
    second.fresh(true);
    s.until("both", |s| s.read == scope(&["pay", "shop"])).await;
    assert!(second.led.load(Ordering::SeqCst) && first.tell.is_closed());
    // The run finds its objects; the map is of the chosen namespace alone, and its batches come from the second feed.
    assert!(s.live.with(|_, set| set.service("shop", "web").is_some()));
    assert_eq!(s.shown(), ["Service/pay/more", "Service/pay/pay"]);
    second.objects(&[("shop", "api"), ("pay", "last")]);
    let last = batch(&mut told).await;
    assert_eq!((ids(&last), last.reset), (vec!["Service/pay/last"], false));
}

#[tokio::test]
async fn what_a_run_needs_stays_when_the_window_chooses_another_namespace_and_goes_when_nobody_needs_it() {
    let mut s = Scene::new(want(&["shop"], &["shop"]));
    let first = s.feed().await;
    first.read(&[("shop", "web")]);
    s.until("shop", State::settled).await;

    s.live.aim(want(&["pay", "shop"], &["pay"]));
    let second = s.feed().await;
    assert_eq!(s.shown(), ["Service/shop/web"], "what was chosen before is shown until the other is read");
    second.read(&[("shop", "web"), ("pay", "pay")]);
    s.until("pay is shown", |s| s.shown == scope(&["pay"])).await;
    assert_eq!(s.shown(), ["Service/pay/pay"]);
    assert!(s.live.with(|_, set| set.service("shop", "web").is_some()), "the run still finds its objects");

    s.live.aim(want(&["pay"], &["pay"]));
    let third = s.feed().await;
    third.read(&[("pay", "pay")]);
    s.until("let go", |s| s.read == scope(&["pay"])).await;
    assert!(s.live.with(|_, set| set.service("shop", "web").is_none()) && second.tell.is_closed());
}

#[tokio::test]
async fn a_namespace_that_is_read_already_is_shown_at_once() {
    let mut s = Scene::new(Want { read: Scope::All, shown: Scope::All });
    let feed = s.feed().await;
    feed.read(&[("shop", "web"), ("pay", "pay")]);
    s.until("all", State::settled).await;
    s.live.aim(want(&["pay"], &["pay"]));
    s.until("pay is shown", |s| s.shown == scope(&["pay"])).await;
    assert_eq!(s.shown(), ["Service/pay/pay"]);
}

#[tokio::test]
async fn what_broke_off_is_not_settled_and_what_is_refused_is_named() {
    let mut s = Scene::new(want(&["shop"], &["shop"]));
    let feed = s.feed().await;
    let broken = KindState::Broken { why: Sentence::quoted("HTTP 503"), since: Timestamp::UNIX_EPOCH };
    feed.kinds(|k| if k == Kind::Pod { broken.clone() } else { live() });
    s.until("heard", |s| s.kinds.len() == WATCHED.len()).await;
    assert!(!locked(&s.live.shared.state).settled());
    feed.kinds(|k| match k {
        Kind::Pod => KindState::Forbidden { message: Sentence::quoted("pods is forbidden") },
        Kind::HTTPRoute => KindState::NotInstalled,
        Kind::Service => KindState::Live { since: Timestamp::UNIX_EPOCH, last: Timestamp::UNIX_EPOCH, unreadable: 2 },
        _ => live(),
    });
    s.live.settled(&scope(&["shop"])).await;
    let unread: Vec<(String, String)> = s.live.unread().into_iter().map(|k| (k.kind, k.note.map(|n| n.text).unwrap_or_default())).collect();
    assert_eq!(unread, [("Service".into(), "2 cannot be read".to_string()), ("Pod".into(), "pods is forbidden".into())]);
}

fn upsert(state: &mut State, name: &str) {
    state.take(FeedEvent::Deltas(vec![Delta::Upsert(service("shop", name))]));
}

#[test]
fn one_batch_is_on_its_way_and_what_happens_meanwhile_comes_with_the_next() {
    let mut state = State::new(&want(&["shop"], &["shop"]));
    upsert(&mut state, "a");
    assert!(state.next_batch("c").is_none(), "nobody asked for the graph yet");
    state.watched = true;
    upsert(&mut state, "b");
    let first = state.next_batch("c").expect("something to tell");
    assert_eq!(ids(&first), ["Service/shop/b"]);
    // Not acknowledged: nothing is sent, whatever happens.
    for name in ["c", "d"] {
        upsert(&mut state, name);
        assert!(state.next_batch("c").is_none());
    }
    state.take(FeedEvent::Deltas(vec![Delta::Remove(ObjectId::new(Kind::Service, "shop", "a"))]));
    upsert(&mut state, "e");
    state.take(FeedEvent::Deltas(vec![Delta::Remove(ObjectId::new(Kind::Service, "shop", "e"))]));
    assert!(state.next_batch("c").is_none());
    // A number that was not sent acknowledges nothing.
    state.acknowledge(first.seq + 7);
    assert!(state.next_batch("c").is_none());
    state.acknowledge(first.seq);
    let second = state.next_batch("c").expect("all of it, in one");
    assert_eq!(ids(&second), ["Service/shop/c", "Service/shop/d"]);
    assert_eq!(second.gone, ["Service/shop/a", "Service/shop/e"]);
    assert!(second.seq != first.seq && !second.reset);
    state.acknowledge(second.seq);
    assert!(state.next_batch("c").is_none(), "nothing more to tell");
}

#[tokio::test]
async fn the_whole_graph_takes_the_place_of_what_was_not_acknowledged() {
    let mut s = Scene::new(want(&["shop"], &["shop"]));
    let feed = s.feed().await;
    feed.read(&[("shop", "a")]);
    s.until("shop", State::settled).await;
    let first = s.live.whole();
    let second = s.live.whole();
    assert!(second.reset && second.seq != first.seq);
    assert!(s.live.acknowledge(first.seq).is_none());
    feed.objects(&[("shop", "b")]);
    s.until("b is there", |s| !s.dirty.is_empty()).await;
    let next = s.live.acknowledge(second.seq).expect("what happened since");
    assert_eq!(ids(&next), ["Service/shop/b"]);
}

#[tokio::test]
async fn the_graph_by_object_has_no_share_where_the_paths_of_a_route_differ() {
    let mut s = Scene::new(want(&["shop"], &["shop"]));
    let feed = s.feed().await;
    let rule = |path: &str, to: &str| json!({"matches":[{"path":{"value":path}}],"backendRefs":[{"name":to,"port":80}]});
    let route = json!({"metadata":{"namespace":"shop","name":"shop","uid":"r"},"spec":{"rules":[rule("/", "web"), rule("/api", "api")]}});
    let route = Kind::HTTPRoute.decode_value(&route).expect("decodes");
    feed.tell.send(FeedEvent::Deltas(vec![Delta::Upsert(route)])).expect("is heard");
    feed.read(&[("shop", "web"), ("shop", "api")]);
    s.until("shop", State::settled).await;
    let rows = s.live.whole().edges.into_iter().filter(|e| e.relation == "backend").map(|e| e.share).collect::<Vec<_>>();
    assert_eq!(rows, [Some(1.0), Some(1.0)], "each row sends everything to its own");
    let folded = s.live.folded();
    assert!(folded.nodes.iter().all(|n| n.id == n.object));
    let edges: Vec<(&str, &str, Option<f64>)> = folded.edges.iter().map(|e| (e.from.as_str(), e.to.as_str(), e.share)).collect();
    assert_eq!(edges, [("HTTPRoute/shop/shop", "Service/shop/api", None), ("HTTPRoute/shop/shop", "Service/shop/web", None)]);
}

#[test]
fn a_write_to_what_is_wanted_is_told_and_what_controllers_write_is_not() {
    let of = |kind: Kind, generation: u32, version: u32| {
        let v = json!({"metadata": {"namespace": "shop", "name": "web", "uid": "u", "generation": generation,
            "resourceVersion": version.to_string()}, "spec": {}});
        Delta::Upsert(kind.decode_value(&v).expect("decodes"))
    };
    let record =
        json!({"metadata": {"namespace": "shop", "name": "run", "uid": "r", "resourceVersion": "1", "labels": {names::RECORD: "x"}}});
    let record = Delta::Upsert(Kind::ConfigMap.decode_value(&record).expect("decodes"));
    let mut known = ObjectSet::default();
    let told = Some("shop".to_string());
    for (delta, wanted) in [
        (of(Kind::Deployment, 1, 1), told.clone()),
        // Its status.
        (of(Kind::Deployment, 1, 2), None),
        (of(Kind::Deployment, 2, 3), told.clone()),
        (of(Kind::ConfigMap, 0, 4), told.clone()),
        (of(Kind::ConfigMap, 0, 4), None),
        (of(Kind::ConfigMap, 0, 5), told.clone()),
        (of(Kind::Pod, 0, 6), None),
        (of(Kind::HorizontalPodAutoscaler, 0, 7), None),
        (record, None),
        (Delta::Remove(ObjectId::new(Kind::ConfigMap, "shop", "web")), told.clone()),
        (Delta::Remove(ObjectId::new(Kind::ConfigMap, "shop", "web")), None),
    ] {
        assert_eq!(edited(&known, &delta), wanted, "{delta:?}");
        known.apply(delta);
    }
}

#[test]
fn the_window_is_told_what_it_cannot_count_by_itself() {
    let fresh = |age_ms: u32, live: bool| FreshnessView { context: "lab".into(), age_ms, live, why: None, kinds: vec![] };
    let told = (Instant::now(), fresh(200, true));
    assert!(news(None, &told.1));
    assert!(!news(Some(&told), &fresh(200, true)) && !news(Some(&told), &fresh(9_000, true)));
    // A proof came 3 s after that one.
    let before = (Instant::now().checked_sub(Duration::from_secs(3)).expect("is a time"), fresh(200, true));
    assert!(news(Some(&before), &fresh(200, true)) && !news(Some(&before), &fresh(3_200, true)));
    // Whether it is live, and the state of a kind.
    assert!(news(Some(&told), &fresh(200, false)) && news(Some(&(told.0, fresh(200, false))), &fresh(200, true)));
    let kinds = vec![KindStateView { kind: "Pod".into(), state: "listing".into(), note: None }];
    assert!(news(Some(&told), &FreshnessView { kinds, ..fresh(200, true) }));
}
