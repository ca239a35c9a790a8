//! Several buses as one device.

use tokio::sync::mpsc;

use super::{DoorConfig, DoorNumber, LockControl, LockEvent, LockHandle, OpenFailure, Order};
use crate::DeviceFault;

/// Makes one handle of several. A single one is handed back as it is.
pub(super) fn join(mut buses: Vec<(Vec<DoorConfig>, LockHandle)>) -> LockHandle {
    if buses.len() == 1
        && let Some((_, handle)) = buses.pop()
    {
        return handle;
    }
    let (sender, events) = mpsc::channel(256);
    let (orders, ordered) = mpsc::channel(16);
    let (tagged, told) = mpsc::channel(256);
    let (mut joined, mut traces) = (Vec::new(), Vec::new());
    for (index, (doors, handle)) in buses.into_iter().enumerate() {
        let LockHandle { events, control, traces: of_bus } = handle;
        traces.extend(of_bus);
        tokio::spawn(forward(index, events, tagged.clone()));
        let doors = doors.iter().map(|door| door.door).collect();
        joined.push(Bus { doors, control, said: None });
    }
    tokio::spawn(Joined { buses: joined, events: sender, is_up: None }.run(told, ordered));
    LockHandle { events, control: LockControl { orders }, traces }
}

async fn forward(bus: usize, mut events: mpsc::Receiver<LockEvent>, to: mpsc::Sender<(usize, LockEvent)>) {
    loop {
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return };
                if to.send((bus, event)).await.is_err() {
                    return;
                }
            }
            () = to.closed() => return,
        }
    }
}

/// A bus as the whole sees it.
struct Bus {
    doors: Vec<DoorNumber>,
    control: LockControl,
    /// What it said last of itself.
    said: Option<Result<(), DeviceFault>>,
}

struct Joined {
    buses: Vec<Bus>,
    events: mpsc::Sender<LockEvent>,
    /// Whether the whole is up, once it was told.
    is_up: Option<bool>,
}

/// Nobody listens any more.
struct Gone;

impl Joined {
    async fn run(mut self, mut told: mpsc::Receiver<(usize, LockEvent)>, mut orders: mpsc::Receiver<Order>) {
        loop {
            let done = tokio::select! {
                told = told.recv() => match told {
                    Some((bus, event)) => self.told(bus, event).await,
                    None => return,
                },
                order = orders.recv() => match order {
                    Some(order) => self.order(order).await,
                    None => return,
                },
                () = self.events.closed() => return,
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn told(&mut self, bus: usize, event: LockEvent) -> Result<(), Gone> {
        match event {
            LockEvent::Up => self.up(bus).await,
            LockEvent::Down(fault) => self.down(bus, fault).await,
            // A driver knows of one bus only, its own.
            LockEvent::BoardUp { board, .. } => self.send(LockEvent::BoardUp { bus, board }).await,
            LockEvent::BoardDown { board, .. } => self.send(LockEvent::BoardDown { bus, board }).await,
            event => self.send(event).await,
        }
    }

    async fn up(&mut self, index: usize) -> Result<(), Gone> {
        if let Some(bus) = self.buses.get_mut(index) {
            bus.said = Some(Ok(()));
        }
        if self.is_up == Some(true) {
            return self.send(LockEvent::BusUp { bus: index }).await;
        }
        self.is_up = Some(true);
        self.send(LockEvent::Up).await?;
        // "Up" means one of them; the others are down, and that has not been said of each.
        for (bus, at) in self.buses.iter().enumerate() {
            if let Some(Err(fault)) = at.said {
                self.send(LockEvent::BusDown { bus, fault }).await?;
            }
        }
        Ok(())
    }

    async fn down(&mut self, index: usize, fault: DeviceFault) -> Result<(), Gone> {
        if let Some(bus) = self.buses.get_mut(index) {
            bus.said = Some(Err(fault));
        }
        if self.buses.iter().all(|bus| matches!(bus.said, Some(Err(_)))) {
            self.is_up = Some(false);
            return self.send(LockEvent::Down(fault)).await;
        }
        if self.is_up == Some(true) {
            return self.send(LockEvent::BusDown { bus: index, fault }).await;
        }
        Ok(())
    }

    async fn order(&mut self, order: Order) -> Result<(), Gone> {
        match order {
            Order::Open(door, asked_at) => {
                let bus = self.buses.iter().find(|bus| bus.doors.contains(&door));
                let given = bus.map_or(Err(DeviceFault::Unconfigured), |bus| {
                    bus.control.order(Order::Open(door, asked_at))
                });
                let Err(fault) = given else { return Ok(()) };
                self.send(LockEvent::OpenFailed { door, kind: OpenFailure::NotSent, fault }).await
            }
            Order::QueryAll => {
                for bus in &self.buses {
                    // One that cannot be asked has more to do than anyone waits for, or tells of its end itself.
                    let _ = bus.control.query_all();
                }
                Ok(())
            }
        }
    }

    async fn send(&self, event: LockEvent) -> Result<(), Gone> {
        self.events.send(event).await.map_err(|_| Gone)
    }
}
