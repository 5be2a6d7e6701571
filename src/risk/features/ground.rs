//! All that features read, made once a visible lake; each look-up is bounded by the moment's day.

use crate::facts::Visible;
use crate::facts::activity::{Activity, Origin};
use crate::facts::tasks::Task;
use crate::lake::Result;
use crate::risk::observe::Moment;
use crate::stats::matrix::Matrix;

use super::peers::Peers;
use super::plans::usual_amounts;
use super::series::{Calendar, Series};
use super::view::{View, chain_on};
use super::{Cell, FEATURES, cells_of};

/// What the features of any moment up to the as-of day are computed from.
pub struct Ground<'a> {
    visible: &'a Visible<'a>,
    activity: &'a Activity,
    origins: Vec<Origin>,
    calendar: Calendar,
    peers: Peers,
    /// By position of the contract.
    usual: Vec<Option<f64>>,
    /// By contract and day.
    tasks: Option<Vec<Task>>,
}

impl<'a> Ground<'a> {
    pub fn of(visible: &'a Visible<'a>) -> Result<Ground<'a>> {
        let _reading = tracing::debug_span!("read").entered();
        let activity = visible.activity()?;
        let origins = activity.origins(visible.lake(), visible.day)?;
        let calendar = Calendar::of(visible, activity.visitors_unknown)?;
        let peers = Peers::of(visible, activity, &origins, &calendar);
        let (usual, tasks) = (usual_amounts(visible), visible.tasks()?);
        Ok(Ground { visible, activity, origins, calendar, peers, usual, tasks })
    }

    /// What the model reads: a row a moment in the order asked, a column a feature of [`FEATURES`]; NaN is null.
    /// A moment on which its contract had not begun is null throughout.
    pub fn x(&self, moments: &[Moment]) -> Matrix {
        let _looking = tracing::debug_span!("features", moments = moments.len()).entered();
        let mut x = Matrix::zeros(moments.len(), FEATURES.len());
        // Company by company, so that its days are summed once.
        let company = |row: usize| self.visible.contracts[moments[row].contract].company;
        let mut rows: Vec<usize> = (0..moments.len()).collect();
        rows.sort_unstable_by_key(|row| (company(*row), *row));
        let mut series = Series::default();
        let mut cells = Vec::with_capacity(FEATURES.len());
        for rows in rows.chunk_by(|a, b| company(*a) == company(*b)) {
            let by_start = self.fill(company(rows[0]), &mut series);
            for &row in rows {
                self.cells_into(moments[row], &by_start, &series, &mut cells);
                let numbers = cells.iter().map(|c: &Cell| c.x.unwrap_or(f64::NAN));
                x.row_mut(row).iter_mut().zip(numbers).for_each(|(place, number)| *place = number);
            }
        }
        x
    }

    /// What people read, and what the model reads, of one moment, in the order of [`FEATURES`].
    pub fn cells(&self, moment: &Moment) -> Vec<Cell> {
        let mut series = Series::default();
        let by_start = self.fill(self.visible.contracts[moment.contract].company, &mut series);
        let mut cells = Vec::with_capacity(FEATURES.len());
        self.cells_into(*moment, &by_start, &series, &mut cells);
        cells
    }

    /// Takes up a company's days; its contracts by their start.
    fn fill(&self, company: usize, series: &mut Series) -> Vec<usize> {
        let places = self.activity.places_of(&self.visible.companies[company].id);
        series.fill(&self.calendar, &self.activity.rows()[places.clone()], &self.origins[places]);
        let mut by_start = self.visible.contracts_of[company].clone();
        let contracts = &self.visible.contracts;
        by_start.sort_unstable_by_key(|c| (contracts[*c].start, &contracts[*c].id));
        by_start
    }

    fn cells_into(&self, moment: Moment, by_start: &[usize], series: &Series, cells: &mut Vec<Cell>) {
        let visible = self.visible;
        let contract = &visible.contracts[moment.contract];
        let Some((chain, since)) = chain_on(visible, by_start, moment.day).filter(|_| contract.begun_by(moment.day))
        else {
            cells.clear();
            cells.resize(FEATURES.len(), Cell::default());
            return;
        };
        let company = &visible.companies[contract.company];
        let before = |c: &&usize| {
            let c = &visible.contracts[**c];
            c.begun_by(moment.day) && chain.first <= c.start && c.start < contract.start
        };
        let own_tasks = self.tasks.as_deref().map(|tasks| {
            let from = tasks.partition_point(|t| t.contract < moment.contract);
            let to = tasks.partition_point(|t| t.contract <= moment.contract);
            &tasks[from..to]
        });
        let view = View {
            visible,
            moment,
            contract,
            previous: by_start.iter().rev().find(before).map(|c| &visible.contracts[*c]),
            chain,
            last: chain.latest.min(moment.day),
            since,
            calendar: &self.calendar,
            series,
            peer: self.peers.of_member(&company.segment, &contract.plan, &company.size, moment.day),
            usual: self.usual[moment.contract],
            tasks: own_tasks,
        };
        cells_of(&view, cells);
    }
}
