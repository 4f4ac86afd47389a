//! The language in which Traefik 3 writes rules (`pkg/rules`, `pkg/muxer/http/matcher.go`): ``Host(`a`) && (PathPrefix(`/b`) || !Method(`GET`))``.

use model::{Also, Field, RouteMatch, sentence};
use regex::Regex;

use crate::request::{Request, Verdict};

/// Matchers with the numbers of their arguments.
const MATCHERS: [(&str, &[usize]); 11] = [
    ("ClientIP", &[1]),
    ("Method", &[1]),
    ("Host", &[1]),
    ("HostRegexp", &[1]),
    ("Path", &[1]),
    ("PathRegexp", &[1]),
    ("PathPrefix", &[1]),
    ("Header", &[2]),
    ("HeaderRegexp", &[2]),
    ("Query", &[1, 2]),
    ("QueryRegexp", &[1, 2]),
];
/// Ways of a rule that are told apart; how deep one may be, and how many matchers it may have: whoever writes one is not to be trusted
/// with the stack.
const WAYS: usize = 64;
const DEPTH: usize = 64;
const MOST: usize = 256;

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
    Not(Box<Rule>),
    Matcher(Matcher),
}

#[derive(Clone, Debug, PartialEq)]
struct Matcher {
    name: &'static str,
    arguments: Vec<String>,
}

/// What a rule takes, each way of meeting it for itself. What no field of a [`RouteMatch`] can say stays a rule; so does all of one
/// that is not understood, or that has too many ways.
pub(crate) fn ways(text: &str) -> Vec<RouteMatch> {
    let all = parse(text).and_then(|rule| split(&rule, false));
    all.map_or_else(|| whole(text), |ways| ways.into_iter().map(|way| taken(&way)).collect())
}

/// A rule that nothing is known of but its text.
pub(crate) fn whole(text: &str) -> Vec<RouteMatch> {
    let also = vec![Also::Rule(text.trim().to_string())];
    vec![RouteMatch { host: String::new(), path: "/".into(), path_type: "Prefix".into(), also }]
}

/// Whether a request meets a rule.
pub(crate) fn holds(text: &str, request: &Request) -> Verdict {
    match parse(text) {
        Some(rule) => meets(&rule, request),
        None => Verdict::Perhaps(sentence!("{rule} is a rule that is not understood here", rule = text)),
    }
}

type Way = Vec<(Matcher, bool)>;

/// The ways of meeting a rule, or of not meeting it; none when they are too many.
fn split(rule: &Rule, negated: bool) -> Option<Vec<Way>> {
    let (a, b, both) = match (rule, negated) {
        (Rule::Matcher(m), _) => return Some(vec![vec![(m.clone(), negated)]]),
        (Rule::Not(inner), _) => return split(inner, !negated),
        (Rule::And(a, b), false) | (Rule::Or(a, b), true) => (a, b, true),
        (Rule::Or(a, b), false) | (Rule::And(a, b), true) => (a, b, false),
    };
    let (a, b) = (split(a, negated)?, split(b, negated)?);
    let ways: Vec<Way> = match both {
        true if a.len() * b.len() > WAYS => return None,
        true => a.iter().flat_map(|x| b.iter().map(|y| [x.as_slice(), y.as_slice()].concat())).collect(),
        false => [a, b].concat(),
    };
    (ways.len() <= WAYS).then_some(ways)
}

/// The first host and the first path are those of the route.
fn taken(way: &Way) -> RouteMatch {
    let mut found = RouteMatch { host: String::new(), path: String::new(), path_type: "Prefix".into(), also: Vec::new() };
    for (m, negated) in way {
        let argument = |n: usize| m.arguments.get(n).cloned().unwrap_or_default();
        let field = |pattern| Field { name: argument(0), value: argument(1), pattern };
        match (m.name, negated) {
            ("Host", false) if found.host.is_empty() => found.host = argument(0).to_lowercase(),
            ("Path" | "PathPrefix" | "PathRegexp", false) if found.path.is_empty() => {
                found.path = argument(0);
                found.path_type = match m.name {
                    "Path" => "Exact",
                    "PathPrefix" => "Prefix",
                    _ => "RegularExpression",
                }
                .into();
            }
            ("Method", false) => found.also.push(Also::Method(argument(0).to_uppercase())),
            ("Header", false) => found.also.push(Also::Header(field(false))),
            ("HeaderRegexp", false) => found.also.push(Also::Header(field(true))),
            ("Query", false) => found.also.push(Also::Query(field(false))),
            ("QueryRegexp", false) => found.also.push(Also::Query(field(m.arguments.len() == 2))),
            _ => found.also.push(Also::Rule(said(m, *negated))),
        }
    }
    if found.path.is_empty() {
        found.path = "/".into();
    }
    found
}

fn said(m: &Matcher, negated: bool) -> String {
    let quoted = |a: &String| if a.contains('`') { format!("{a:?}") } else { format!("`{a}`") };
    let arguments: Vec<String> = m.arguments.iter().map(quoted).collect();
    format!("{}{}({})", if negated { "!" } else { "" }, m.name, arguments.join(", "))
}

fn meets(rule: &Rule, request: &Request) -> Verdict {
    let no = |m: &Matcher| Verdict::Not(sentence!("takes only {condition}", condition = said(m, false)));
    match rule {
        Rule::And(a, b) => meets(a, request).and(|| meets(b, request)),
        Rule::Or(a, b) => match (meets(a, request), meets(b, request)) {
            (Verdict::Takes, _) | (_, Verdict::Takes) => Verdict::Takes,
            (perhaps @ Verdict::Perhaps(_), _) | (_, perhaps @ Verdict::Perhaps(_)) => perhaps,
            (no, _) => no,
        },
        Rule::Not(inner) => match meets(inner, request) {
            Verdict::Takes => Verdict::Not(sentence!("does not take {condition}", condition = text(inner))),
            Verdict::Perhaps(why) => Verdict::Perhaps(why),
            Verdict::Not(_) | Verdict::OtherHost => Verdict::Takes,
        },
        Rule::Matcher(m) => match matches(m, request) {
            Some(true) => Verdict::Takes,
            Some(false) => no(m),
            None => Verdict::Perhaps(sentence!("{condition}: nothing is known of it here", condition = said(m, false))),
        },
    }
}

fn text(rule: &Rule) -> String {
    match rule {
        Rule::And(a, b) => format!("({} && {})", text(a), text(b)),
        Rule::Or(a, b) => format!("({} || {})", text(a), text(b)),
        Rule::Not(inner) => format!("!{}", text(inner)),
        Rule::Matcher(m) => said(m, false),
    }
}

/// `None` where it depends on more than the request says, or on a pattern that is not understood.
fn matches(m: &Matcher, request: &Request) -> Option<bool> {
    let argument = |n: usize| m.arguments.get(n).map_or("", String::as_str);
    let any = |values: Vec<String>, pattern: bool| match pattern {
        true => Regex::new(argument(1)).ok().map(|r| values.iter().any(|v| r.is_match(v))),
        false => Some(values.iter().any(|v| v == argument(1))),
    };
    match m.name {
        "Method" => Some(request.method == argument(0).to_uppercase()),
        "Host" => Some(request.host == argument(0).to_lowercase().trim_end_matches('.')),
        "HostRegexp" => Regex::new(argument(0)).ok().map(|r| r.is_match(&request.host)),
        "Path" => Some(request.path == argument(0)),
        "PathPrefix" => Some(request.path.starts_with(argument(0))),
        "PathRegexp" => Regex::new(argument(0)).ok().map(|r| r.is_match(&request.path)),
        "Header" => any(request.header(argument(0), true), false),
        "HeaderRegexp" => any(request.header(argument(0), true), true),
        "Query" => any(request.query(argument(0), true), false),
        "QueryRegexp" => any(request.query(argument(0), true), m.arguments.len() == 2),
        _ => None,
    }
}

/// `None` for what Traefik would not take either.
fn parse(text: &str) -> Option<Rule> {
    let mut at = Reader { rest: text, depth: 0, matchers: 0 };
    let rule = at.any()?;
    at.space();
    at.rest.is_empty().then_some(rule)
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    matchers: usize,
}

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.space();
        let after = self.rest.strip_prefix(token);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn any(&mut self) -> Option<Rule> {
        let mut left = self.all()?;
        while self.takes("||") {
            left = Rule::Or(Box::new(left), Box::new(self.all()?));
        }
        Some(left)
    }

    fn all(&mut self) -> Option<Rule> {
        let mut left = self.one()?;
        while self.takes("&&") {
            left = Rule::And(Box::new(left), Box::new(self.one()?));
        }
        Some(left)
    }

    fn one(&mut self) -> Option<Rule> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let rule = if self.takes("!") {
            Rule::Not(Box::new(self.one()?))
        } else if self.takes("(") {
            let inner = self.any()?;
            self.takes(")").then_some(inner)?
        } else {
            Rule::Matcher(self.matcher()?)
        };
        self.depth -= 1;
        Some(rule)
    }

    fn matcher(&mut self) -> Option<Matcher> {
        self.matchers += 1;
        if self.matchers > MOST {
            return None;
        }
        self.space();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        let (name, counts) = MATCHERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&self.rest[..end]))?;
        self.rest = &self.rest[end..];
        if !self.takes("(") {
            return None;
        }
        let mut arguments = vec![self.string()?];
        while self.takes(",") {
            arguments.push(self.string()?);
        }
        (self.takes(")") && counts.contains(&arguments.len())).then_some(Matcher { name, arguments })
    }

    /// As Go writes them: raw between backquotes, or between quotes with backslashes.
    fn string(&mut self) -> Option<String> {
        if self.takes("`") {
            let (inside, after) = self.rest.split_once('`')?;
            self.rest = after;
            return Some(inside.to_string());
        }
        if !self.takes("\"") {
            return None;
        }
        let mut found = String::new();
        let mut characters = self.rest.char_indices();
        loop {
            match characters.next()? {
                (i, '"') => {
                    self.rest = &self.rest[i + 1..];
                    return Some(found);
                }
                (_, '\\') => match characters.next()?.1 {
                    c @ ('\\' | '"') => found.push(c),
                    'n' => found.push('\n'),
                    't' => found.push('\t'),
                    _ => return None,
                },
                (_, c) => found.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(rule: &str) -> Vec<String> {
        let one = |m: RouteMatch| {
            let also: Vec<String> = m.also.iter().map(ToString::to_string).collect();
            format!("{}{} {} [{}]", m.host, m.path, m.path_type, also.join(", "))
        };
        ways(rule).into_iter().map(one).collect()
    }

    #[test]
    fn each_way_of_meeting_a_rule_is_a_route() {
        let check = |rule: &str, expect: &[&str]| assert_eq!(said_of(rule), expect, "{rule}");
        check("Host(`a.test`)", &["a.test/ Prefix []"]);
        check("Host(`A.test`) && PathPrefix(`/x`)", &["a.test/x Prefix []"]);
        check("Host(`a.test`) || Host(\"b.test\") && Path(`/x`)", &["a.test/ Prefix []", "b.test/x Exact []"]);
        let both = "(Host(`a.test`) || Host(`b.test`)) && (PathPrefix(`/x`) || PathRegexp(`^/y[0-9]`))";
        let paths =
            ["a.test/x Prefix []", "a.test^/y[0-9] RegularExpression []", "b.test/x Prefix []", "b.test^/y[0-9] RegularExpression []"];
        check(both, &paths);
        check("Host(`a.test`) && !PathPrefix(`/admin`)", &["a.test/ Prefix [!PathPrefix(`/admin`)]"]);
        check("!(Host(`a.test`) || Method(`GET`))", &["/ Prefix [!Host(`a.test`), !Method(`GET`)]"]);
        check("Header(`X-A`, `1`) && Query(`v`) && HeaderRegexp(`X-B`, `^2`)", &["/ Prefix [header X-A=1, query v=, header X-B~^2]"]);
        check(
            "HostRegexp(`^.+\\.a\\.test$`) && ClientIP(`10.0.0.0/8`)",
            &["/ Prefix [HostRegexp(`^.+\\.a\\.test$`), ClientIP(`10.0.0.0/8`)]"],
        );
    }

    #[test]
    fn what_is_no_rule_stays_as_it_is_written_and_is_not_understood() {
        let request = Request::new("GET", "http://a.test/", &[]).expect("can be meant");
        let deep = format!("{}Host(`a`){}", "(".repeat(100_000), ")".repeat(100_000));
        let nots = format!("{}Host(`a`)", "!".repeat(100_000));
        let long = vec!["Host(`a`)"; 100_000].join(" || ");
        for rule in [
            "",
            "Host",
            "Host()",
            "Host(`a`, `b`)",
            "Host(`a`) &&",
            "Host(`a`) Path(`/`)",
            "Nobody(`a`)",
            "Host(`a`",
            "Host(\"a\\q\")",
            &deep,
            &nots,
            &long,
        ] {
            assert!(matches!(holds(rule, &request), Verdict::Perhaps(_)), "{rule}");
            assert_eq!(ways(rule)[0].also, [Also::Rule(rule.trim().to_string())]);
        }
        // More ways than anybody reads: one route, decided by the whole rule.
        let many = (0..7).map(|n| format!("(Path(`/a{n}`) || Header(`a`, `{n}`))")).collect::<Vec<_>>().join(" && ");
        assert_eq!(ways(&many).len(), 1);
        assert!(matches!(holds(&many, &request), Verdict::Not(_)));
    }

    #[test]
    fn a_rule_holds_as_its_parts_do() {
        let headers = ["X-A: 1".to_string(), "X-A: 2".to_string()];
        let request = Request::new("POST", "http://a.test/shop/cart?v=1&v=2", &headers).expect("can be meant");
        let takes = |rule: &str| holds(rule, &request);
        for rule in [
            "Host(`a.test`)",
            "hostregexp(`^a`)",
            "PathPrefix(`/sh`)",
            "PathRegexp(`cart$`)",
            "Header(`x-a`, `2`)",
            "Query(`v`, `2`)",
            "QueryRegexp(`v`, `^1`)",
            "!Method(`GET`)",
            "Path(`/`) || Method(`post`)",
            "ClientIP(`10.0.0.1`) || Host(`a.test`)",
        ] {
            assert_eq!(takes(rule), Verdict::Takes, "{rule}");
        }
        for rule in [
            "Host(`b.test`)",
            "Path(`/shop`)",
            "Header(`x-a`, `3`)",
            "Query(`v`)",
            "!(Host(`a.test`) && Method(`POST`))",
            "ClientIP(`10.0.0.1`) && Host(`b.test`)",
        ] {
            assert!(matches!(takes(rule), Verdict::Not(_)), "{rule}");
        }
        assert!(matches!(takes("ClientIP(`10.0.0.1`)"), Verdict::Perhaps(_)));
        assert!(matches!(takes("HostRegexp(`(`)"), Verdict::Perhaps(_)));
    }
}
