//! Against registries of all tempers on this machine; the real one is asked in the window's journeys.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

type Said = Arc<Mutex<Vec<String>>>;

/// Serves one answer per connection, and keeps what was asked.
async fn serve(answer: impl Fn(&str, &str) -> Vec<u8> + Send + Sync + 'static) -> (String, Said) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let host = listener.local_addr().expect("an address").to_string();
    let asked = Said::default();
    let (keep, own) = (asked.clone(), host.clone());
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (keep, own, answer) = (keep.clone(), own.clone(), answer.clone());
            tokio::spawn(async move {
                let mut head = vec![];
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(b) => head.push(b),
                        Err(_) => return,
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                keep.lock().expect("unpoisoned").push(head.clone());
                // Who has heard enough hangs up.
                let _ = stream.write_all(&answer(&head, &own)).await;
            });
        }
    });
    (host, asked)
}

fn reply(status: &str, more: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{more}\r\n{body}", body.len()).into_bytes()
}

async fn asks(host: &str, name: &str) -> Answer {
    with(Keys::default(), host, name).await
}

async fn with(keys: Keys, host: &str, name: &str) -> Answer {
    let image = Image::parse(&format!("{host}/{name}")).expect("an image");
    Registry::new(keys).expect("a client").ask(&image).await
}

fn digest(body: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(body)))
}

fn index() -> String {
    let of = |os: &str, architecture: &str, variant: Option<&str>| json!({"platform": {"os": os, "architecture": architecture, "variant": variant}});
    let all =
        [of("linux", "arm", Some("v7")), of("linux", "amd64", None), of("unknown", "unknown", None), json!({}), of("linux", "amd64", None)];
    json!({"schemaVersion": 2, "manifests": all}).to_string()
}

#[tokio::test]
async fn an_image_for_several_machines_names_them_and_one_for_one_says_when_it_was_built() {
    let config = json!({"created": "2026-11-27T08:00:00Z", "os": "linux", "architecture": "arm64", "rootfs": {}}).to_string();
    let one = json!({"schemaVersion": 2, "config": {"digest": digest(&config)}}).to_string();
    let (at, body) = (format!("/v2/shop/blobs/{}", digest(&config)), one.clone());
    let (host, asked) = serve(move |head, _| match head.split(' ').nth(1).unwrap_or_default() {
        "/v2/shop/manifests/v2" => reply("200 OK", "", &index()),
        "/v2/shop/manifests/v1" => reply("200 OK", "", &body),
        path if path == at => reply("200 OK", "", &config),
        _ => reply("404 Not Found", "", r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#),
    })
    .await;
    let platforms = vec!["linux/amd64".to_string(), "linux/arm/v7".to_string()];
    assert_eq!(asks(&host, "shop:v2").await, Answer::Found { digest: digest(&index()), platforms, created: None });
    let created = "2026-11-27T08:00:00Z".parse().ok();
    let found = Answer::Found { digest: digest(&one), platforms: vec!["linux/arm64".into()], created };
    assert_eq!(asks(&host, "shop:v1").await, found);
    assert_eq!(asks(&host, "shop:v3").await, Answer::Missing);
    assert!(
        asked.lock().expect("unpoisoned").iter().all(|head| !head.to_lowercase().contains("authorization")),
        "nobody was asked who he is"
    );
}

#[tokio::test]
async fn it_signs_in_where_it_is_led_with_the_key_of_this_registry_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (host, asked) = serve(|head, own| {
        let bearer = head.contains("authorization: Bearer t0k3n");
        if head.starts_with("GET /token?service=shop.io&scope=repository%3Ateam%2Fshop%3Apull") {
            return reply("200 OK", "", r#"{"access_token":"t0k3n"}"#);
        }
        if bearer {
            return reply("200 OK", "", &index());
        }
        reply(
            "401 Unauthorized",
            &format!("www-authenticate: Bearer realm=\"http://{own}/token\",service=\"shop.io\",scope=\"a,b\"\r\n"),
            "",
        )
    })
    .await;
    let file = folder.path().join("config.json");
    let auth = STANDARD.encode("ann:s3cret");
    std::fs::write(&file, json!({"auths": {host.clone(): {"auth": auth}, "else.io": {"auth": STANDARD.encode("no:no")}}}).to_string())
        .expect("writes");
    let answer = with(Keys::in_files(vec![file]), &host, "team/shop:v2").await;
    assert!(matches!(answer, Answer::Found { .. }), "{answer:?}");
    let asked = asked.lock().expect("unpoisoned").clone();
    let keys: Vec<bool> = asked.iter().map(|head| head.contains(&format!("authorization: Basic {auth}"))).collect();
    assert_eq!(keys, [false, true, false], "the key goes to where one signs in, and nowhere else: {asked:?}");
}

#[tokio::test]
async fn who_is_refused_is_told_so_and_asks_no_more_than_he_has_to() {
    for (challenge, why) in [
        ("Basic realm=\"x\"", "HTTP 401"),
        ("Negotiate", "HTTP 401"),
        ("Bearer realm=\"no address\"", "HTTP 401"),
        ("Bearer realm=\"http://registry.example.com/token\"", "it asks for a sign-in without TLS"),
    ] {
        let header = format!("www-authenticate: {challenge}\r\n");
        let (host, asked) = serve(move |_, _| reply("401 Unauthorized", &header, "")).await;
        let Answer::Refused(said) = asks(&host, "shop:v2").await else { panic!("{challenge}") };
        assert_eq!((said.to_string().as_str(), asked.lock().expect("unpoisoned").len()), (why, 1), "{challenge}");
    }
    // A token that is not good enough: it is not asked for another one.
    let (host, asked) = serve(|head, own| match head.starts_with("GET /token") {
        true => reply("200 OK", "", r#"{"token":"weak"}"#),
        false => reply("401 Unauthorized", &format!("www-authenticate: Bearer realm=\"http://{own}/token\"\r\n"), ""),
    })
    .await;
    assert!(matches!(asks(&host, "shop:v2").await, Answer::Refused(_)));
    assert_eq!(asked.lock().expect("unpoisoned").len(), 3);
}

#[tokio::test]
async fn what_is_no_registry_costs_little_and_is_told() {
    let endless = || {
        let mut all = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        all.resize(LIMIT + (1 << 20), b'{');
        all
    };
    let (host, _) = serve(move |head, own| match head.split(' ').nth(1).unwrap_or_default() {
        "/v2/endless/manifests/v1" => endless(),
        "/v2/page/manifests/v1" => reply("200 OK", "", "<html>sign in</html>"),
        "/v2/empty/manifests/v1" => reply("200 OK", "", "{}"),
        "/v2/round/manifests/v1" => reply("307 Temporary Redirect", &format!("location: http://{own}/v2/round/manifests/v1\r\n"), ""),
        "/v2/busy/manifests/v1" => reply("429 Too Many Requests", "", ""),
        "/v2/broken/manifests/v1" => reply("502 Bad Gateway", "", ""),
        _ => vec![],
    })
    .await;
    let garbled = "what answers is no registry, or not of this image";
    for (name, why) in [
        ("endless:v1", garbled),
        ("page:v1", garbled),
        ("empty:v1", garbled),
        ("round:v1", "HTTP 307"),
        ("busy:v1", "it says that it was asked too often"),
        ("broken:v1", "HTTP 502"),
    ] {
        let answer = asks(&host, name).await;
        assert!(matches!(answer, Answer::Unreachable(_)) && answer.why() == why, "{name}: {answer:?}");
    }
    assert!(matches!(asks(&host, "hangs-up:v1").await, Answer::Unreachable(_)));
    // Another image than the one that was meant.
    let other = format!("page@sha256:{}", "0".repeat(64));
    let (host, _) = serve(|_, _| reply("200 OK", "", &index())).await;
    assert_eq!(asks(&host, &other).await.why(), garbled);
    // Nobody is there.
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("listens").local_addr().expect("an address").to_string();
    assert!(asks(&gone, "shop:v1").await.why().starts_with("no connection (Connection refused"));
}

impl Answer {
    fn why(&self) -> String {
        match self {
            Answer::Refused(why) | Answer::Unreachable(why) => why.to_string(),
            other => format!("{other:?}"),
        }
    }
}

#[test]
fn challenges_are_read_as_they_are_written() {
    let (scheme, all) = challenge(r#"Bearer realm="https://a.io/token",service="a \"b\"", scope="x:pull,push" , plain=1"#);
    let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        (scheme, all),
        ("Bearer", vec![("realm", "https://a.io/token"), ("service", "a \"b\""), ("scope", "x:pull,push"), ("plain", "1")])
    );
    for odd in ["", "Bearer", "Bearer =", "Bearer realm=\"open", "Basic ,,,=,", "Bearer é=\"ü"] {
        challenge(odd);
    }
}
