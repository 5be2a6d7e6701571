//! The company that a person means by what was typed.
//!
//! ```text
//! its id ──► its whole name ──► the beginning of one id or one name        the first that fits decides
//! ```
//!
//! Ids are taken as they are; names without regard to capitals. What fits several companies names none.

use crate::config::nearest;
use crate::domain::{Day, Str};
use crate::ingest::erased::{Erased, Kind};
use crate::lake::Result;

use super::Visible;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Position in `Visible::companies`.
    Company(usize),
    /// Positions of companies that it fits equally well, by id.
    Several(Vec<usize>),
    /// Its id was erased from the lake.
    Erased,
    /// It becomes visible on a later day.
    Later(Day),
    /// No company; the position of the one that is most like it.
    Nobody(Option<usize>),
}

/// Looks a company up by id, and `by_name` too.
///
/// # Errors
/// A lake that cannot be read.
pub fn find(visible: &Visible<'_>, asked: &str, by_name: bool) -> Result<Found> {
    if let Some(company) = visible.company_of.get(asked) {
        return Ok(Found::Company(*company));
    }
    if Erased::read(&visible.lake().ledger())?.has(Kind::Company, asked) {
        return Ok(Found::Erased);
    }
    let wanted = asked.trim().to_lowercase();
    let companies = || visible.companies.iter().enumerate();
    let name = |name: &Option<Str>| name.as_ref().filter(|_| by_name).map(|n| n.trim().to_lowercase());
    let all =
        |fits: &dyn Fn(usize) -> bool| -> Vec<usize> { (0..visible.companies.len()).filter(|c| fits(*c)).collect() };
    let whole = all(&|c| !wanted.is_empty() && name(&visible.companies[c].name).as_deref() == Some(&*wanted));
    let fitting = if whole.is_empty() && !wanted.is_empty() {
        let begins = |c: usize| name(&visible.companies[c].name).is_some_and(|n| n.starts_with(&*wanted));
        all(&|c| visible.companies[c].id.starts_with(asked) || begins(c))
    } else {
        whole
    };
    match fitting.as_slice() {
        [one] => return Ok(Found::Company(*one)),
        [] => {}
        _ => return Ok(Found::Several(fitting)),
    }
    let ever = Visible::at(visible.lake(), visible.project, Day::MAX)?;
    if let Some(company) = ever.company_of.get(asked) {
        return Ok(Found::Later(ever.companies[*company].visible_from));
    }
    let by_id = nearest(asked, companies().map(|(_, c)| &*c.id)).and_then(|id| visible.company_of.get(id).copied());
    let named = || nearest(asked, companies().filter_map(|(_, c)| c.name.as_deref().filter(|_| by_name)));
    let like_name = || named().and_then(|n| companies().find(|(_, c)| c.name.as_deref() == Some(n)));
    Ok(Found::Nobody(by_id.or_else(|| like_name().map(|(at, _)| at))))
}
