//! Independent pieces of work on a few threads, results in the order of the pieces.

use std::sync::{Mutex, PoisonError};

/// Rows of a day from which one is worked on at a time: a day is held in memory.
const LARGE_DAY: u64 = 500_000;

/// How many threads may work on days of which the largest has so many rows.
pub fn for_days(threads: usize, largest: u64) -> usize {
    if largest > LARGE_DAY { 1 } else { threads }
}

/// Does every piece; results stand in the order of `items`, whatever thread did them. After a failure no new
/// piece is begun, and the failure of the first failed piece is returned.
pub fn each<T: Send, R: Send, E: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = threads.clamp(1, items.len().max(1));
    if threads == 1 {
        return items.into_iter().map(work).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let mut done: Vec<(usize, Result<R, E>)> = std::thread::scope(|scope| {
        let worker = || {
            let mut mine = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((at, item)) = next else { return mine };
                let result = work(item);
                if result.is_err() {
                    queue.lock().unwrap_or_else(PoisonError::into_inner).by_ref().for_each(drop);
                }
                mine.push((at, result));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_pieces_and_the_first_failure_wins() {
        let doubled = super::each(3, (0..50).collect(), |n: i32| Ok::<_, ()>(n * 2));
        assert_eq!(doubled, Ok((0..50).map(|n| n * 2).collect()));
        assert_eq!(super::each(1, vec![1, 2, 3], |n| if n > 1 { Err(n) } else { Ok(n) }), Err(2));
        assert!(super::each(3, (0..50).collect(), |n: i32| if n > 1 { Err(n) } else { Ok(n) }).is_err());
    }
}
