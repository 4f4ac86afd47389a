//! Where traffic enters: URLs of the routes that lead to a target's Services. A probe there proves a cutover on the way
//! that users take.

use model::{Kind, ObjectId};

use crate::around::Around;

/// Most URLs that are found: a probe is asked again and again, and each may take its time.
const MOST: usize = 4;

/// One URL per Service over the target, in the order of the Services' names: that of the first route to it that a plain
/// GET can take. None for Services that are called inside the cluster alone.
pub fn urls(around: &Around<'_>) -> Vec<String> {
    let objects = &around.snapshot.objects;
    let routes: Vec<(String, Vec<ObjectId>)> = traffic::routers::ALL
        .iter()
        .flat_map(|r| r.routes(objects).into_iter().filter_map(|route| Some((r.url(&route, objects)?, taking(&route)))))
        .collect();
    let mut urls: Vec<String> = Vec::new();
    for s in around.services() {
        let id = around.id.sibling(Kind::Service, &s.metadata.name);
        let found = routes.iter().find(|(_, to)| to.contains(&id)).map(|(url, _)| url.clone());
        urls.extend(found.filter(|url| !urls.contains(url)));
    }
    urls.truncate(MOST);
    urls
}

/// Services that get all requests of the route: behind a split, an answer may come from elsewhere.
fn taking(route: &model::Route) -> Vec<ObjectId> {
    let live: Vec<_> = route.split.backends.iter().filter(|b| b.weight.0 > 0).collect();
    match (live.as_slice(), route.split.elsewhere) {
        ([one], 0) => vec![one.object.clone()],
        _ => Vec::new(),
    }
}
