//! Which of the blueprint's screens the design has: all of them, or fewer where a note asks for it.

use model::sections::ScreenKind;

use crate::composer::blueprint::ScreenPlan;

use super::Subject;

/// Fewer screens than this are no product.
const LEAST: usize = 4;

/// The screens to draw. What is left out hands what it does to another, so that every feature keeps a screen.
pub fn plans(subject: &Subject<'_>) -> Vec<ScreenPlan> {
    let mut plans = subject.blueprint.screens.clone();
    if subject.wishes.fewer {
        let wanted = (plans.len() * 3).div_ceil(5).max(LEAST);
        while plans.len() > wanted && fold_one(&mut plans) {}
    }
    plans
}

/// Folds the last screen that has a better home into it: one about the same thing, else one that leads to it.
fn fold_one(plans: &mut Vec<ScreenPlan>) -> bool {
    let home = |from: usize| {
        let plan = &plans[from];
        let others = || plans.iter().enumerate().filter(|(at, _)| *at != from);
        let same = others().filter(|(_, other)| other.of == plan.of).min_by_key(|(at, other)| (rank(other.kind), *at));
        let leads = || others().find(|(_, other)| other.leads_to.contains(&plan.id));
        same.or_else(leads).map(|(at, _)| at)
    };
    // What people work with every day goes last.
    let mut order: Vec<usize> = (0..plans.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse((rank(plans[*at].kind), *at)));
    let Some((from, to)) = order.into_iter().find_map(|from| Some((from, home(from)?))) else { return false };
    let gone = plans[from].clone();
    let kept = plans[to].id.clone();
    join(&mut plans[to], &gone);
    plans.remove(from);
    for plan in plans.iter_mut() {
        plan.leads_to.iter_mut().filter(|id| **id == gone.id).for_each(|id| id.clone_from(&kept));
        let mut seen = Vec::new();
        plan.leads_to.retain(|id| {
            *id != plan.id && !seen.contains(id) && {
                seen.push(id.clone());
                true
            }
        });
    }
    true
}

fn join(into: &mut ScreenPlan, gone: &ScreenPlan) {
    let add = |own: &mut Vec<String>, more: &[String]| {
        for id in more {
            if !own.contains(id) {
                own.push(id.clone());
            }
        }
    };
    add(&mut into.features, &gone.features);
    add(&mut into.entities, &gone.entities);
    add(&mut into.operations, &gone.operations);
    add(&mut into.leads_to, &gone.leads_to);
    if into.actors.is_empty() || gone.actors.is_empty() {
        into.actors.clear();
    } else {
        add(&mut into.actors, &gone.actors);
    }
}

/// How hard a screen is to do without: the lower, the harder.
fn rank(kind: ScreenKind) -> u8 {
    use ScreenKind as K;
    match kind {
        K::Detail | K::Search => 0,
        K::List | K::Board | K::Queue | K::Calendar | K::Map | K::Player => 1,
        K::Thread | K::Form | K::Steps | K::Checkout | K::Scan | K::Checklist => 2,
        K::Dashboard | K::Timeline => 3,
        K::Report | K::Compare | K::Settings => 4,
    }
}
