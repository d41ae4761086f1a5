//! How often one address may try to log in.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::problem::Problem;

/// Attempts that may be made at once; those that succeed do not count.
const AT_ONCE: u32 = 20;
/// One more is granted after each of these.
const ONE_EVERY: Duration = Duration::from_secs(6);
/// Addresses that are remembered before those that are at rest are forgotten.
const REMEMBERED: usize = 4096;

/// What each address has left. `None` stands for no network.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// When each address will have all of its attempts again.
    full_at: Mutex<HashMap<Option<IpAddr>, Instant>>,
}

impl Throttle {
    /// Takes one attempt; the error is the time until there is one.
    fn take(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if full_at.len() >= REMEMBERED {
            full_at.retain(|_, full| *full > now);
        }
        let full = full_at.entry(address.map(network)).or_insert(now);
        let after = (*full).max(now) + ONE_EVERY;
        let allowed = now + ONE_EVERY * AT_ONCE;
        if after > allowed {
            return Err(after - allowed);
        }
        *full = after;
        Ok(())
    }

    /// Takes one attempt, or says why there is none.
    pub(crate) fn admit(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Problem> {
        self.take(address, now).map_err(|wait| {
            let sentence = "too many attempts to log in from this address; wait a little";
            let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, sentence);
            problem.retry_after = u32::try_from(wait.as_secs() + 1).ok();
            problem
        })
    }

    /// Gives an attempt back that succeeded.
    pub(crate) fn give_back(&self, address: Option<IpAddr>) {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full) = full_at.get_mut(&address.map(network)) {
            *full = full.checked_sub(ONE_EVERY).unwrap_or(*full);
        }
    }
}

/// Who has one address of version 6 has the other 2^64 of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_run_out_and_come_back() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let address = Some(IpAddr::from([10, 0, 0, 1]));
        for _ in 0..AT_ONCE {
            assert_eq!(throttle.take(address, now), Ok(()));
        }
        assert_eq!(throttle.take(address, now), Err(ONE_EVERY));
        assert_eq!(
            throttle.take(Some(IpAddr::from([10, 0, 0, 2])), now),
            Ok(())
        );
        assert_eq!(throttle.take(address, now + ONE_EVERY), Ok(()));
        assert!(throttle.take(address, now + ONE_EVERY).is_err());
        throttle.give_back(address);
        assert_eq!(throttle.take(address, now + ONE_EVERY), Ok(()));
    }

    #[test]
    fn a_network_of_version_6_is_one_address() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let address = |last| Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]));
        for last in 0..AT_ONCE {
            let last = u16::try_from(last).expect("it is small");
            assert_eq!(throttle.take(address(last), now), Ok(()));
        }
        assert!(throttle.take(address(999), now).is_err());
    }
}
