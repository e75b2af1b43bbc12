//! The difference of two policies: complete, true, and readable.

use super::generate::{Dice, changed, manifest_of_many, policy, request};
use super::reach::{door_of, names_of};
use super::*;
use crate::evaluate::Request;
use crate::principal::ANYONE_ELSE;
use crate::{Change, Diff, Profile, Witness, diff};

fn is_allowed(policy: &Policy, caller: &Caller, subject: impl Subject) -> bool {
    policy.decide(&manifest_of_many(), caller, subject).is_ok()
}

/// Whom the sets of two policies have for whoever asks.
fn stand_in(old: &Policy, new: &Policy, ask: &Ask) -> Ask {
    let named = &old.principals() | &new.principals();
    let is_named = named.contains(&ask.principal);
    let who = if is_named {
        ask.principal.as_str()
    } else {
        ANYONE_ELSE
    };
    ask.clone().of(who)
}

fn covers(changes: &[Change], tool: &str, ask: &Ask) -> bool {
    changes
        .iter()
        .flat_map(|change| &change.sets)
        .any(|(door, shape)| {
            *door == door_of(ask)
                && shape.contains(
                    ask.caller(tool).by(),
                    &ask.segments,
                    &names_of(ask),
                    ask.body_len,
                    ask.names.as_deref(),
                )
        })
}

/// The longest answer, how many a minute, where it may redirect to, and whether a rule asks a person about the request
/// itself.
type Terms = (Option<u64>, Option<u64>, Option<String>, bool);

fn terms(policy: &Policy, tool: &str, ask: &Ask) -> Option<Terms> {
    let caller = ask.caller(tool);
    let permitted = policy
        .decide(&manifest_of_many(), &caller, ask.clone())
        .ok()?;
    let permit = permitted.permit();
    let redirect = permit
        .redirect
        .as_ref()
        .map(|(_, origin)| origin.to_string());
    let weighed = policy.permit(&manifest_of_many(), caller.by(), Request::of(ask))?;
    Some((
        permit.response_max_bytes,
        permit.per_minute,
        redirect,
        weighed.confirm.is_some(),
    ))
}

/// A tenth in a build that is not optimised, where one pair takes milliseconds.
const PAIRS: usize = if cfg!(debug_assertions) {
    1_000
} else {
    10_000
};

/// No sampled request changes sides unseen, and every witness is real.
#[test]
fn differences_are_complete_and_witnesses_are_real() {
    let manifest = manifest_of_many();
    let mut dice = Dice::new(20_261_122);
    let (mut gained, mut lost, mut looser, mut unasked) = (0, 0, 0, 0);
    // Reading a text takes longer than comparing it, so few texts make many pairs.
    let families: Vec<Vec<Policy>> = (0..250)
        .map(|_| {
            let base = policy(&mut dice);
            let variants: Vec<Policy> = (0..4).map(|_| changed(&mut dice, &base)).collect();
            [vec![base], variants].concat()
        })
        .collect();
    for round in 0..PAIRS {
        let family = &families[round % families.len()];
        let (old, new) = (dice.pick(family), dice.pick(family));
        let told = diff(old, new, &manifest).expect("small policies are within the bound");
        let both = || format!("round {round}\n{}\n====\n{}", old.text(), new.text());
        for (changes, yes, no) in [
            (&told.newly_allowed, new, old),
            (&told.newly_denied, old, new),
        ] {
            for Change {
                witness,
                tools,
                principals,
                ..
            } in changes
            {
                assert!(tools.contains(&witness.tool));
                assert!(principals.is_empty() || principals.contains(&witness.principal));
                let caller = Caller {
                    principal: witness.principal.clone(),
                    tool: witness.tool.clone(),
                };
                assert!(
                    is_allowed(yes, &caller, Witness::clone(witness)),
                    "{witness:?} {}",
                    both()
                );
                assert!(
                    !is_allowed(no, &caller, Witness::clone(witness)),
                    "{witness:?} {}",
                    both()
                );
            }
        }
        for asked in 0..6 {
            let (tool, ask) = request(&mut dice, if asked % 2 == 0 { old } else { new });
            let caller = ask.caller(tool);
            let (was, is) = (
                is_allowed(old, &caller, ask.clone()),
                is_allowed(new, &caller, ask.clone()),
            );
            let told_of = stand_in(old, new, &ask);
            assert_eq!(
                covers(&told.newly_allowed, tool, &told_of),
                is && !was,
                "{tool} {ask:?} {}",
                both()
            );
            assert_eq!(
                covers(&told.newly_denied, tool, &told_of),
                was && !is,
                "{tool} {ask:?} {}",
                both()
            );
            gained += usize::from(is && !was);
            lost += usize::from(was && !is);
            if let (Some(was), Some(is)) = (terms(old, tool, &ask), terms(new, tool, &ask)) {
                let is_raised = |was: Option<u64>, is: Option<u64>| {
                    was.is_some_and(|was| is.is_none_or(|is| is > was))
                };
                let is_larger = is_raised(was.0, is.0) || is_raised(was.1, is.1);
                let is_elsewhere = is.2.is_some() && is.2 != was.2;
                let is_unasked = was.3 && !is.3;
                unasked += usize::from(is_unasked);
                let is_looser = is_larger || is_elsewhere || is_unasked;
                assert_eq!(
                    covers(&told.looser, tool, &told_of),
                    is_looser,
                    "{tool} {ask:?} {}",
                    both()
                );
                looser += usize::from(is_looser);
            }
        }
    }
    assert!(
        gained > PAIRS / 20 && lost > PAIRS / 20 && looser > 0 && unasked > 0,
        "too little happened: {gained} {lost} {looser} {unasked}"
    );
}

fn between(old: &str, new: &str) -> Diff {
    let parse = |text: &str, name: &str| match Policy::parse(text, name) {
        Ok(policy) => policy,
        Err(diagnostics) => panic!("not a policy:\n{diagnostics}"),
    };
    diff(
        &parse(old, "old.toml"),
        &parse(new, "new.toml"),
        &manifest(),
    )
    .expect("within the bound")
}

#[test]
fn another_order_and_other_comments_are_no_change() {
    let mut blocks: Vec<&str> = FIXTURE.split("\n\n").collect();
    blocks[4..].reverse();
    let told = between(FIXTURE, &format!("# reviewed\n{}", blocks.join("\n\n")));
    assert_eq!(told.exit_code(true), 0, "{}", told.human());
    assert!(
        told.human()
            .starts_with("no change: old.toml and new.toml allow the same"),
        "{}",
        told.human()
    );
}

/// A query name that stands for a space has to carry one that the new rule allows, or the request would show nothing.
#[test]
fn a_witness_names_a_space_of_the_list_where_the_query_does() {
    let rule = |names: &str| {
        format!(
            "{FIXTURE}\n[site.wiki]\norigin = \"https://wiki.example.test\"\ndeployment = \"data-center\"\nproducts = [\"confluence\"]\n\n[[rule]]\nid = \"find\"\nsite = \"wiki\"\nmethods = [\"GET\"]\npath = \"/rest/api/content\"\nquery = [{names}]\nspaces = [\"DOCS\"]\ntools = [\"finder\"]\n"
        )
    };
    let json = r#"{"tools":[{"name":"finder","routes":["confluence.page.find"]}]}"#;
    let manifest = Manifest::from_json(json.as_bytes(), "sha256:test").expect("well formed");
    let (old, new) = (
        parse(&rule("\"title\"")),
        parse(&rule("\"title\", \"spaceKey\"")),
    );
    let told = diff(&old, &new, &manifest).expect("within the bound");
    let [change] = &told.newly_allowed[..] else {
        panic!("{}", told.human())
    };
    let witness = &change.witness;
    assert_eq!(
        witness.url,
        "https://wiki.example.test/rest/api/content?spaceKey=DOCS",
        "{}",
        witness.human()
    );
}

#[test]
fn new_access_fails_and_lost_access_fails_only_when_asked() {
    let wider = FIXTURE.replacen(
        "query = [\"fields\", \"expand\"]",
        "query = [\"fields\", \"expand\", \"properties\"]",
        1,
    );
    let told = between(FIXTURE, &wider);
    assert_eq!((told.exit_code(false), told.exit_code(true)), (1, 1));
    assert_eq!(told.newly_allowed.len(), 1);
    let told = between(&wider, FIXTURE);
    assert_eq!((told.exit_code(false), told.exit_code(true)), (0, 1));
    assert!(
        told.human()
            .contains("no new access: everything that new.toml allows, old.toml allows too"),
        "{}",
        told.human()
    );
}

#[test]
fn a_moved_site_is_new_access_although_no_rule_changed() {
    for (from, to, is_new) in [
        (
            "https://jira.example.test\"",
            "https://jira2.example.test\"",
            true,
        ),
        ("198.51.100.0/24", "198.51.0.0/16", true),
        ("198.51.100.0/24", "198.51.100.0/25", false),
        (
            "products = [\"jira\"]\naddresses = [\"10.",
            "products = [\"jira\"]\ncontext = \"/x\"\naddresses = [\"10.",
            true,
        ),
        (
            "products = [\"jira\"]\naddresses = [\"10.",
            "products = [\"jira\"]\nproxy = \"http://proxy.example.test:3128\"\naddresses = [\"10.",
            true,
        ),
        (
            "products = [\"jira\"]\naddresses = [\"10.",
            "products = [\"jira\"]\nca-file = \"/ca.pem\"\naddresses = [\"10.",
            true,
        ),
        (
            "products = [\"jira\"]\naddresses = [\"10.",
            "products = [\"jira\"]\nclient-cert = \"/me.pem\"\naddresses = [\"10.",
            true,
        ),
        (
            "products = [\"jira\"]\naddresses = [\"10.",
            "products = [\"jira\"]\nheaders = [\"X-Gateway-Key\"]\naddresses = [\"10.",
            true,
        ),
        (
            "version = 1\n",
            "version = 1\ncomponent.sha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\n",
            true,
        ),
    ] {
        assert!(FIXTURE.contains(from), "{from}");
        let told = between(FIXTURE, &FIXTURE.replacen(from, to, 1));
        assert_eq!(
            told.has_new_access(),
            is_new,
            "{from} -> {to}\n{}",
            told.human()
        );
        assert_eq!(told.exit_code(true), 1, "{from} -> {to}");
        assert!(told.newly_allowed.is_empty(), "{}", told.human());
    }
}

#[test]
fn differences_read_well_in_all_three_forms() {
    let new = FIXTURE
        .replacen(
            "path = \"/rest/api/3/issue/{issue-key}/comment\"",
            "path = \"/rest/api/3/issue/{issue-key}\"\nclass = \"write\"",
            1,
        )
        .replacen("request-max-bytes = 65536", "request-max-bytes = 131072", 1)
        .replacen("redirect = \"media\"\n", "", 1)
        .replacen(
            "query = [\"fields\", \"expand\"]\n",
            "query = [\"fields\", \"expand\", \"updateHistory\"]\nresponse-max-bytes = 100000\n",
            1,
        )
        .replacen(
            "https://jira-onprem.example.test",
            "https://jira-new.example.test",
            1,
        );
    let told = between(FIXTURE, &new);
    insta::assert_snapshot!(told.human());
    insta::assert_snapshot!(told.json());
    let sarif = |told: &Diff| -> serde_json::Value {
        serde_json::from_str(&told.sarif()).expect("SARIF is JSON")
    };
    insta::assert_snapshot!(format!("{:#}", sarif(&told)["runs"][0]["results"]));
    let looser = FIXTURE.replacen(
        "redirect = \"media\"\ntools",
        "redirect = \"media\"\nper-minute = 5\ntools",
        1,
    );
    assert_ne!(looser, FIXTURE);
    let told = between(&looser, FIXTURE);
    let results = &sarif(&told)["runs"][0]["results"];
    assert_eq!(results[0]["ruleId"], "D002", "{results:#}");
}

#[test]
fn from_reading_to_writing_is_told_route_by_route() {
    let sites = fixture().sites().to_vec();
    let text = |profile: Profile| profile.text(&sites);
    let told = between(&text(Profile::ReadOnly), &text(Profile::Standard));
    insta::assert_snapshot!(told.human());
}

/// Twenty pairs of query names, and rules that each leave one pair out: what is left over falls into 2^20 pieces.
#[test]
fn what_can_not_be_compared_is_said_and_never_guessed() {
    let names = |left_out: Option<usize>| -> Vec<String> {
        let pairs = (0..20).filter(|pair| Some(*pair) != left_out);
        pairs
            .flat_map(|pair| [format!("a{pair}"), format!("b{pair}")])
            .collect()
    };
    let rule = |id: &str, left_out: Option<usize>| {
        format!(
            "\n[[rule]]\nid = {id:?}\nsite = \"jira\"\nmethods = [\"GET\"]\npath = \"/rest/own\"\nquery = {:?}\ntools = [\"jira_get_issue\"]\n",
            names(left_out)
        )
    };
    let narrow: String = (0..20)
        .map(|pair| rule(&format!("r{pair}"), Some(pair)))
        .collect();
    let (old, new) = (
        parse(&format!("{FIXTURE}{narrow}")),
        parse(&format!("{FIXTURE}{}", rule("wide", None))),
    );
    assert!(diff(&old, &new, &manifest()).is_err());
    let all = parse(&format!("{FIXTURE}{narrow}{}", rule("wide", None)));
    let findings = crate::check(&all, &crate::Surroundings::default());
    assert!(
        findings.list.iter().any(|finding| finding.code == "P025"),
        "{}",
        findings.human()
    );
}
