//! Differences of what two policies reach, door by door.

use std::collections::{BTreeMap, BTreeSet};

use super::Change;
use crate::Policy;
use crate::decide::{RefusalCode, Subject};
use crate::evaluate::Verdict;
use crate::manifest::Manifest;
use crate::origin::Origin;
use crate::principal::listed;
use crate::rule::Rule;
use crate::set::{Budget, Door, Grant, Reach, Shape, TooTangled, ToolView};
use crate::vocabulary::{Class, Principal};
use crate::witness::Witness;

pub(super) struct Access {
    pub(super) gained: Vec<Change>,
    pub(super) lost: Vec<Change>,
    pub(super) looser: Vec<Change>,
    pub(super) tighter: Vec<Change>,
}

/// What one side says at one door.
struct Told<'p> {
    policy: &'p Policy,
    grants: Vec<Grant<'p>>,
    /// Where a person is asked first.
    asks: Vec<Grant<'p>>,
}

pub(super) fn compare(
    old: &Policy,
    new: &Policy,
    manifest: &Manifest,
) -> Result<Access, TooTangled> {
    let mut budget = Budget::new();
    let view = ToolView::Declared(manifest);
    let principals: BTreeSet<Principal> = &old.principals() | &new.principals();
    let before = Reach::of(old, view, &principals);
    let after = Reach::of(new, view, &principals);
    let doors: BTreeSet<&Door> = before.doors.keys().chain(after.doors.keys()).collect();
    let changes = || Changes {
        principals: principals.clone(),
        by_key: BTreeMap::new(),
    };
    let (mut gained, mut lost) = (changes(), changes());
    let (mut looser, mut tighter) = (changes(), changes());
    for door in doors {
        let was = Told {
            policy: old,
            grants: before.open(door, &mut budget)?,
            asks: before.asks(door),
        };
        let is = Told {
            policy: new,
            grants: after.open(door, &mut budget)?,
            asks: after.asks(door),
        };
        for (changes, here, there) in [(&mut gained, &is, &was), (&mut lost, &was, &is)] {
            for (grant, shapes) in beyond(&here.grants, &there.grants, &mut budget)? {
                for shape in shapes {
                    changes.add(door, here, grant, shape, |witness| {
                        refusal_of(there.policy, manifest, witness)
                    });
                }
            }
        }
        for (changes, loose, tight) in [(&mut looser, &is, &was), (&mut tighter, &was, &is)] {
            let answers = loosened(door, loose, tight, &mut budget)?;
            for (grant, shape, what) in
                answers
                    .into_iter()
                    .chain(unasked(loose, tight, &mut budget)?)
            {
                changes.add(door, loose, grant, shape, |_| Some(what.clone()));
            }
        }
    }
    Ok(Access {
        gained: gained.list(),
        lost: lost.list(),
        looser: looser.list(),
        tighter: tighter.list(),
    })
}

/// What `grants` allow and `others` do not, each piece with the rule that decides it.
fn beyond<'g, 'p>(
    grants: &'g [Grant<'p>],
    others: &[Grant<'p>],
    budget: &mut Budget,
) -> Result<Vec<(&'g Grant<'p>, Vec<Shape>)>, TooTangled> {
    let theirs: Vec<&Shape> = others.iter().flat_map(|grant| &grant.shapes).collect();
    let mut told: Vec<Shape> = Vec::new();
    let mut list = Vec::new();
    for grant in grants {
        let is_covered = |shape: &&Shape| theirs.iter().any(|other| shape.minus(other).is_empty());
        let open: Vec<Shape> = grant
            .shapes
            .iter()
            .filter(|shape| !is_covered(shape))
            .cloned()
            .collect();
        let left = Shape::minus_all(open, theirs.iter().copied().chain(&told), budget)?;
        if !left.is_empty() {
            told.extend(left.iter().cloned());
            list.push((grant, left));
        }
    }
    Ok(list)
}

type Loosened<'g, 'p> = (&'g Grant<'p>, Shape, String);

/// Where both allow, and the rule that holds on the loose side says more of the answer than the one on the other.
fn loosened<'g, 'p>(
    door: &Door,
    loose: &'g Told<'p>,
    tight: &Told<'_>,
    budget: &mut Budget,
) -> Result<Vec<Loosened<'g, 'p>>, TooTangled> {
    let sets_limits = |grant: &Grant<'_>| {
        let Rule {
            redirect,
            response_max_bytes,
            per_minute,
            ..
        } = grant.rule;
        redirect.is_some() || response_max_bytes.is_some() || per_minute.is_some()
    };
    if !loose.grants.iter().chain(&tight.grants).any(sets_limits) {
        return Ok(Vec::new());
    }
    let theirs = winners(&tight.grants, budget)?;
    let mut list = Vec::new();
    for (grant, shapes) in winners(&loose.grants, budget)? {
        for (other, others) in &theirs {
            let (ours, their) = ((grant.rule, loose.policy), (other.rule, tight.policy));
            let Some(what) = says_more(door, ours, their) else {
                continue;
            };
            let both = shapes
                .iter()
                .flat_map(|shape| others.iter().filter_map(|other| shape.meet(other)));
            list.extend(both.map(|shape| (grant, shape, what.clone())));
        }
    }
    Ok(list)
}

/// Where both allow, and only the tight side asks a person first.
fn unasked<'g, 'p>(
    loose: &'g Told<'p>,
    tight: &Told<'_>,
    budget: &mut Budget,
) -> Result<Vec<Loosened<'g, 'p>>, TooTangled> {
    if tight.asks.is_empty() {
        return Ok(Vec::new());
    }
    let here: Vec<&Shape> = loose.asks.iter().flat_map(|ask| &ask.shapes).collect();
    let theirs: Vec<&Shape> = tight
        .grants
        .iter()
        .flat_map(|other| &other.shapes)
        .collect();
    let mut list = Vec::new();
    for (grant, shapes) in winners(&loose.grants, budget)? {
        let open = Shape::minus_all(shapes, here.iter().copied(), budget)?;
        for ask in &tight.asks {
            let what = format!(
                "without the question to a person that {} asks",
                tight.policy.place_of(ask.rule)
            );
            let asked = (open.iter())
                .flat_map(|shape| ask.shapes.iter().filter_map(|asked| shape.meet(asked)));
            let both =
                asked.flat_map(|shape| theirs.iter().filter_map(move |other| shape.meet(other)));
            list.extend(both.map(|shape| (grant, shape, what.clone())));
        }
    }
    Ok(list)
}

/// The part of each grant in which its rule is the one that holds.
fn winners<'g, 'p>(
    grants: &'g [Grant<'p>],
    budget: &mut Budget,
) -> Result<Vec<(&'g Grant<'p>, Vec<Shape>)>, TooTangled> {
    let mut list = Vec::new();
    for (at, grant) in grants.iter().enumerate() {
        // Which rule holds is decided before anything that the request names is looked at.
        let earlier: Vec<Shape> = (grants[..at].iter())
            .flat_map(|other| &other.shapes)
            .map(Shape::whatever_it_names)
            .collect();
        let left = Shape::minus_all(grant.shapes.clone(), &earlier, budget)?;
        if !left.is_empty() {
            list.push((grant, left));
        }
    }
    Ok(list)
}

fn says_more(door: &Door, loose: (&Rule, &Policy), tight: (&Rule, &Policy)) -> Option<String> {
    let mut said = Vec::new();
    let redirect = |(rule, policy): (&Rule, &Policy)| -> Option<Origin> {
        let site = policy.site(&door.site)?;
        site.redirects.get(rule.redirect.as_ref()?).cloned()
    };
    if let Some(origin) = redirect(loose)
        && redirect(tight).as_ref() != Some(&origin)
    {
        said.push(format!("the answer may redirect to {origin}"));
    }
    let raised = |limit: fn(&Rule) -> Option<u64>| {
        let (most, least) = (limit(loose.0), limit(tight.0)?);
        let is_raised = most.is_none_or(|most| most > least);
        is_raised.then_some((most, least))
    };
    if let Some((most, least)) = raised(|rule| rule.response_max_bytes) {
        let up_to = most.map_or_else(
            || "as long as the host takes them".to_owned(),
            |most| format!("of {most} bytes"),
        );
        said.push(format!("answers {up_to} instead of {least} bytes"));
    }
    if let Some((most, least)) = raised(|rule| rule.per_minute) {
        let most = most.map_or_else(|| "any number".to_owned(), |most| most.to_string());
        said.push(format!(
            "{most} a minute for each caller instead of {least}"
        ));
    }
    (!said.is_empty()).then(|| said.join("; "))
}

impl Told<'_> {
    /// Every rule that would have to go for the request to be refused.
    fn rules_that_allow(&self, witness: &Witness) -> Vec<String> {
        let names: BTreeSet<String> = witness.query_names().map(str::to_owned).collect();
        let has = |shape: &Shape| {
            shape.contains(
                witness.by(),
                witness.segments(),
                &names,
                witness.body_bytes,
                witness.names.as_deref(),
            )
        };
        let allowing = self
            .grants
            .iter()
            .filter(|grant| grant.shapes.iter().any(has));
        allowing
            .map(|grant| self.policy.place_of(grant.rule))
            .collect()
    }
}

/// `None` where the other side allows it after all, which would be a mistake of ours: such a witness shows nothing.
fn refusal_of(policy: &Policy, manifest: &Manifest, witness: &Witness) -> Option<String> {
    match witness.evaluate(policy, manifest) {
        Verdict::Allow(_) => None,
        // The tool is left out of the sentence, so that one entry can stand for several.
        Verdict::Deny(refusal) if refusal.code == RefusalCode::NoRule => {
            Some("no rule allows it".to_owned())
        }
        Verdict::Deny(refusal) => Some(refusal.reason),
    }
}

/// What one entry stands for: pieces that differ in nothing but tools and deployment are one entry.
type Key = (
    String,
    String,
    String,
    Vec<Principal>,
    Vec<String>,
    String,
    String,
);

struct Changes {
    /// All whom either file tells apart.
    principals: BTreeSet<Principal>,
    by_key: BTreeMap<Key, Change>,
}

impl Changes {
    fn add(
        &mut self,
        door: &Door,
        here: &Told<'_>,
        grant: &Grant<'_>,
        shape: Shape,
        tell: impl Fn(&Witness) -> Option<String>,
    ) {
        let Some(witness) = Witness::of(here.policy, door, &shape) else {
            return;
        };
        let otherwise = tell(&witness)
            .expect("a request beyond the other policy's set is refused by the other policy");
        let (path, only) = (shape.path_text(), only(&shape, grant));
        let whose = listed(&shape.principals, &self.principals);
        let key = (
            door.site.to_string(),
            path.clone(),
            door.method.to_string(),
            whose.clone(),
            only.clone(),
            grant.rule.id.clone(),
            otherwise.clone(),
        );
        let change = self.by_key.entry(key).or_insert_with(|| Change {
            site: door.site.clone(),
            product: door.product,
            deployments: Vec::new(),
            method: door.method,
            path,
            route: door.route.map(str::to_owned),
            class: grant.class,
            tools: Vec::new(),
            principals: whose,
            only,
            allowed_by: here.rules_that_allow(&witness),
            otherwise,
            witness,
            line: grant.rule.line,
            sets: Vec::new(),
        });
        change.tools.extend(shape.tools.iter().cloned());
        change.deployments.push(door.deployment);
        change.tools.sort_unstable();
        change.tools.dedup();
        change.deployments.sort_unstable();
        change.deployments.dedup();
        change.sets.push((door.clone(), shape));
    }

    /// What does most harm first.
    fn list(self) -> Vec<Change> {
        let mut list: Vec<Change> = self.by_key.into_values().collect();
        let harm = |class: Class| std::cmp::Reverse(class);
        list.sort_by(|a, b| {
            (harm(a.class), &a.site, &a.path, a.method).cmp(&(
                harm(b.class),
                &b.site,
                &b.path,
                b.method,
            ))
        });
        list
    }
}

/// In words, what the shape has that not every request of its rule has.
fn only(shape: &Shape, grant: &Grant<'_>) -> Vec<String> {
    let mut only = Vec::new();
    if !shape.query.must.is_empty() {
        let names: Vec<String> = shape
            .query
            .must
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        only.push(format!("with the query name {}", names.join(" and ")));
    }
    if !shape.keys.is_any() && grant.shapes.iter().all(|whole| whole.keys != shape.keys) {
        only.push(format!("where it names {}", shape.keys));
    }
    match (shape.body, grant.rule.request_max_bytes) {
        ((0, most), limit) if Some(most) == limit || most == u64::MAX => {}
        ((least, u64::MAX), _) => only.push(format!("with a body of {least} bytes and more")),
        ((least, most), _) => only.push(format!("with a body of {least} to {most} bytes")),
    }
    only
}
