//! One shopper's visit to a kiosk in which what is on the list goes wrong, and how it ended.

use std::time::Duration;

use pickup_protocol::Reason;
use pickup_session::{Action, Event, Problem, Screen};

use super::faults::{Faults, Kind, Rate};
use super::nature::Nature;
use super::world::{Step, World};

/// How long a shopper stays who is not told to wait for somebody.
const PATIENCE: Duration = Duration::from_secs(300);

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Left with the goods, and nobody had to come.
    Served,
    /// Left with the goods, and the kiosk does not know: staff must look.
    Unclear,
    /// Left without, or needed staff.
    Lost,
}

/// Plays one visit with these faults; also how long it took.
pub fn visit(
    seed: u64,
    faults: &[&Rate],
    slip_follows: bool,
    log: bool,
) -> Result<(End, Duration, Vec<String>), String> {
    let mut world =
        World::new(seed, if slip_follows { Nature::real_slip_follows } else { Nature::real }, log);
    world.send(Event::Recovered(Some(Box::default())))?;
    world.devices()?;
    world.fetch()?;
    world.visitor = super::papers::PAPERS.offers[0].pickup;
    let mut list = Faults::default();
    for rate in faults {
        list.add(&mut world.rng, rate, world.now.mono);
    }
    world.nature = Nature::Real(Box::new(list));
    let began = world.now.mono;
    let end = stay(&mut world, began);
    let took = world.now.mono - began;
    let log = world.log.take().unwrap_or_default();
    match end {
        Ok(end) => Ok((end, took, log)),
        Err(broken) => Err(format!("{broken}\n  {}", log.join("\n  "))),
    }
}

fn stay(world: &mut World, began: Duration) -> Result<End, String> {
    for _ in 0..2_000 {
        turn(world)?;
        if let Some(end) = ended(world, began) {
            return Ok(end);
        }
        if world.answer()? {
            world.wait(Duration::from_millis(400))?;
        } else {
            act(world)?;
        }
    }
    Err("a visit without end".to_owned())
}

fn ended(world: &World, began: Duration) -> Option<End> {
    let has_goods = world.goods.all_taken(world.visitor);
    let at_hand = world.open.iter().any(|door| world.goods.left_of_parcel_behind(*door));
    let left = |end| Some(if has_goods || at_hand { End::Unclear } else { end });
    match &world.view.screen {
        Screen::Done { .. } if has_goods => Some(End::Served),
        Screen::Done { .. } => Some(End::Lost),
        Screen::Refused { reason: Reason::Offline, .. } if world.now.mono - began < PATIENCE => None,
        Screen::Refused { .. } | Screen::OutOfService("JOURNAL_FAILED") => left(End::Lost),
        _ if world.now.mono - began >= PATIENCE => left(End::Lost),
        _ => None,
    }
}

fn faults(world: &mut World) -> &mut Faults {
    match &mut world.nature {
        Nature::Real(faults) => faults,
        Nature::Hostile(_) => unreachable!("a visit is real"),
    }
}

/// Faults begin and end.
fn turn(world: &mut World) -> Step {
    let now = world.now.mono;
    for (kind, begins, event) in faults(world).turns(now) {
        match kind {
            Kind::NetAway => world.network(!begins)?,
            Kind::PowerCut | Kind::AgentStopped if begins => {
                world.cut()?;
                let starts = if kind == Kind::PowerCut { 60 } else { 5 };
                world.wait(Duration::from_secs(starts))?;
                world.devices()?;
            }
            Kind::PowerCut | Kind::AgentStopped => {}
            Kind::LockAway | Kind::LockDead => {
                world.lock_up = !begins;
                event.map_or(Ok(()), |event| world.send(event))?;
                world.tell_doors()?;
            }
            _ => event.map_or(Ok(()), |event| world.send(event))?,
        }
    }
    Ok(())
}

/// The shopper does what the page asks for, as fast as people do.
fn act(world: &mut World) -> Step {
    let pause = |world: &mut World, seconds| world.wait(Duration::from_secs(seconds));
    match world.view.screen.clone() {
        Screen::Idle => {
            pause(world, 2)?;
            world.scan_ones_ticket()
        }
        Screen::PresentCard { problem: Some(Problem::ReaderDown), .. } => pause(world, 1),
        Screen::PresentCard { .. } => {
            pause(world, 3)?;
            present(world)
        }
        Screen::Review { .. } => {
            pause(world, 4)?;
            world.send(Event::Touched(Action::Confirm))
        }
        Screen::TakeGoods { door, .. } => {
            pause(world, 8)?;
            let silent = faults(world).has(Kind::ContactOpen);
            if silent { world.shut_unseen(door) } else { world.shut(door) }
        }
        Screen::Refused { .. } => {
            pause(world, 30)?;
            world.send(Event::Touched(Action::Finish))
        }
        Screen::StillThere => world.send(Event::Touched(Action::MoreTime)),
        // Whoever sees an open door takes what lies there.
        _ => match world.open.first().copied() {
            Some(door) => world.shut(door),
            None => pause(world, 1),
        },
    }
}

fn present(world: &mut World) -> Step {
    if faults(world).once(Kind::CardTwice) {
        return world.send(Event::CardFailed);
    }
    if faults(world).once(Kind::OtherCard) {
        return world.present(pickup_protocol::PickupNumber(world.visitor.0 + 1));
    }
    world.present(world.visitor)
}
