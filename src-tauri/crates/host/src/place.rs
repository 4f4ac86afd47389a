//! Links: `changeover://CONTEXT[/NAMESPACE[/KIND/NAME]][?run=RUN]`, each part percent-encoded.
//!
//! Anybody can write one and get somebody to click on it. So a link only names a place: it neither connects, nor signs in, nor
//! writes, and whoever follows it is shown where it leads first.

use api::{Code, PlaceView, UiError};
use model::{Kind, ObjectId, Sentence, sentence};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What a link begins with.
pub const SCHEME: &str = "changeover://";

/// The longest part that is read, in bytes: names of the API have 253, contexts of some clouds a little more.
const LONGEST: usize = 1024;

/// Reads a link.
///
/// # Errors
/// [`Code::Usage`]: it is none, or one of its parts is not what it should be.
pub fn parse(link: &str) -> Result<PlaceView, UiError> {
    let wrong = |why: Sentence| {
        UiError::new(Code::Usage, sentence!("not a link of Changeover: {why}"; why = why))
            .hint(sentence!("a link is changeover://CONTEXT/NAMESPACE/KIND/NAME, or changeover://CONTEXT?run=RUN"))
    };
    let rest = link.strip_prefix(SCHEME).ok_or_else(|| wrong(sentence!("it does not begin with changeover://")))?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<String> = path.trim_end_matches('/').split('/').map(decoded).collect::<Result<_, _>>().map_err(wrong)?;
    let (context, namespace, object) = match parts.as_slice() {
        [context] => (context, None, None),
        [context, namespace] => (context, Some(namespace), None),
        [context, namespace, kind, name] => {
            let kind: Kind = kind.parse().map_err(|_| wrong(sentence!("no kind {kind} is known", kind)))?;
            (context, Some(namespace), Some(ObjectId::new(kind, namespace, name)))
        }
        _ => return Err(wrong(sentence!("it has too many parts, or too few"))),
    };
    let run = match query.split_once('=') {
        None if query.is_empty() => None,
        Some(("run", run)) => Some(decoded(run).map_err(wrong)?),
        _ => return Err(wrong(sentence!("of what follows the question mark only run=RUN is known"))),
    };
    Ok(PlaceView { context: context.clone(), namespace: namespace.cloned(), object: object.map(|o| o.to_string()), run })
}

/// The link to a place.
pub fn link(place: &PlaceView) -> String {
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut link = format!("{SCHEME}{}", part(&place.context));
    if let Some(namespace) = &place.namespace {
        link += &format!("/{}", part(namespace));
    }
    if let Some(id) = place.object.as_ref().and_then(|o| o.parse::<ObjectId>().ok()) {
        link += &format!("/{}/{}", part(id.kind.name()), part(&id.name));
    }
    if let Some(run) = &place.run {
        link += &format!("?run={}", part(run));
    }
    link
}

fn decoded(part: &str) -> Result<String, Sentence> {
    let text = percent_decode_str(part).decode_utf8().map_err(|_| sentence!("it is not UTF-8"))?;
    if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
        return Err(sentence!("a part of it is empty, longer than {n} bytes, or has control characters", n = LONGEST));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_place() {
        let read = |link: &str| parse(link).map(|p| (p.context, p.namespace.unwrap_or_default(), p.object.unwrap_or_default(), p.run));
        let of = |c: &str, n: &str, o: &str| Ok((c.into(), n.into(), o.into(), None));
        assert_eq!(read("changeover://prod-kr"), of("prod-kr", "", ""));
        assert_eq!(read("changeover://prod-kr/"), of("prod-kr", "", ""));
        assert_eq!(read("changeover://arn%3Aaws%3Aeks%2Fshop/shop/deploy/web"), of("arn:aws:eks/shop", "shop", "Deployment/shop/web"));
        assert_eq!(read("changeover://prod-kr?run=bg-web-1").map(|r| r.3), Ok(Some("bg-web-1".into())));
    }

    #[test]
    fn what_is_not_understood_leads_nowhere() {
        for link in [
            "https://prod-kr",
            "changeover://",
            "changeover:///shop",
            "changeover://a/b/Nothing/c",
            "changeover://a/b/c",
            "changeover://a?unlock=a",
            "changeover://a?run=",
            "changeover://a%00b",
            "changeover://a%ff",
        ] {
            assert_eq!(parse(link).map_err(|e| e.code), Err(Code::Usage), "{link}");
        }
    }
}
