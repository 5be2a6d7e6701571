//! The model of a report: what is said, apart from how it looks.
//!
//! ```text
//! Document ─► Section ─► Block ─► Findings | Figures | Table | Chart | Text | Part
//! ```
//!
//! A table holds typed values once; pages show them through [`super::format`], sheets and CSV take the values themselves.

use crate::domain::{Cents, Day, Micros, Str};

use super::charts::Plot;

/// A report for one audience, in one language.
pub struct Document {
    /// The report's name, e.g. `renewal_risk`.
    pub report: &'static str,
    pub title: String,
    pub subtitle: Vec<String>,
    /// Label and value: as-of, audience, language, configuration, run.
    pub stamp: Vec<(String, String)>,
    /// Warnings that stand above everything else.
    pub banners: Vec<String>,
    pub sections: Vec<Section>,
    /// Notes on method, shown before the definitions of the columns.
    pub methods: Vec<String>,
    /// A4 across.
    pub landscape: bool,
    /// On paper as little of it as can be read: no definitions, small type.
    pub compact: bool,
    pub as_of: Day,
}

pub struct Section {
    pub id: &'static str,
    pub title: String,
    pub blocks: Vec<Block>,
}

pub enum Block {
    /// Sentences that state a finding with its figures.
    Findings(Vec<String>),
    Figures(Vec<Figure>),
    Table(Table),
    Chart(Chart),
    Text(String),
    /// From here on the section speaks of one segment, client or the like, to which rows of other tables lead.
    Part {
        /// Unique in the page; made of our own words and numbers, never of a text of the data.
        id: String,
        title: String,
    },
}

/// A figure to be seen first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub label: String,
    pub value: String,
    pub note: Option<String>,
}

/// A drawing and the table of the data behind it.
pub struct Chart {
    pub id: &'static str,
    pub title: String,
    /// What the drawing shows, for those who cannot see it.
    pub desc: String,
    /// Said instead of a drawing without data.
    pub empty: String,
    pub plot: Box<dyn Plot>,
    pub data: Table,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Names the CSV file and the sheet; unique among the tables of its document that have any columns there.
    pub name: &'static str,
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// A column; its label and definition come from the language file.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name in CSV and JSON.
    pub key: String,
    pub label: String,
    pub doc: String,
    pub kind: Kind,
    pub place: Place,
    /// The label on pages, where it differs: it names the unit of a [`Kind::Amount`].
    pub page_label: Option<String>,
    /// Of a column that goes back with the workbook; its key is then the name under which it is read.
    pub entry: Option<Entry>,
}

/// What becomes of a column of a form: a table that people fill in and send back as a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Goes back as it is, unseen.
    Hidden,
    /// May be changed.
    Free,
    /// One of these words; the hint says what they mean.
    Choice { words: Vec<String>, hint: String },
}

/// What the values of a column are: decides how they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    /// A number with so many decimals.
    Float(usize),
    /// A ratio, shown per cent.
    Percent,
    /// A difference of ratios, shown in percentage points with its sign.
    Points,
    Money,
    /// Money that pages show in units of so many (1,000 and the like), one unit for the whole table; see `units`.
    Amount(i64),
    Date,
    Time,
    Bool,
    /// A word of a closed list, translated by `code.LIST.WORD`.
    Code(&'static str),
    /// Lines of ready text; on pages only.
    Lines,
    /// A row of numbers, drawn small; on pages only. An unknown one is left out of the line.
    Spark,
}

impl Kind {
    /// Money in units that are chosen when the whole table is known.
    pub const AMOUNT: Kind = Kind::Amount(1);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Everywhere,
    /// On pages only.
    Page,
    /// In sheets, CSV and JSON only.
    Data,
    /// In sheets only.
    Sheet,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub mark: Mark,
    /// The part of the page to which the row's first text leads.
    pub link: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    None,
    /// A figure that can still change.
    Provisional,
    /// The row that sums the others.
    Total,
    /// In sheets, CSV and JSON only.
    Data,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Text(Str),
    Int(i64),
    Float(f64),
    Money(Cents),
    Date(Day),
    Time(Micros),
    Bool(bool),
    Lines(Vec<String>),
    Spark(Vec<Option<i64>>),
}

impl Column {
    /// As the head of a column on a page.
    pub fn heading(&self) -> &str {
        self.page_label.as_ref().unwrap_or(&self.label)
    }

    /// On pages only.
    pub fn page(self) -> Column {
        Column { place: Place::Page, ..self }
    }

    /// In sheets, CSV and JSON only.
    pub fn data(self) -> Column {
        Column { place: Place::Data, ..self }
    }

    /// In sheets only, as part of a form.
    pub fn entry(self, entry: Entry) -> Column {
        Column { place: Place::Sheet, entry: Some(entry), ..self }
    }
}

impl Table {
    /// The columns of a page, with their positions.
    pub fn page_columns(&self) -> Vec<(usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, c)| matches!(c.place, Place::Everywhere | Place::Page)).collect()
    }

    /// The columns of CSV and JSON, with their positions.
    pub fn data_columns(&self) -> Vec<(usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, c)| matches!(c.place, Place::Everywhere | Place::Data)).collect()
    }

    /// The columns of a sheet, with their positions.
    pub fn sheet_columns(&self) -> Vec<(usize, &Column)> {
        self.columns.iter().enumerate().filter(|(_, c)| c.place != Place::Page).collect()
    }

    /// Whether people fill it in and send it back.
    pub fn is_form(&self) -> bool {
        self.columns.iter().any(|c| c.entry.is_some())
    }

    /// The rows of a page.
    pub fn page_rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|r| r.mark != Mark::Data)
    }

    pub fn push(&mut self, cells: Vec<Cell>) {
        self.push_marked(cells, Mark::None);
    }

    pub fn push_marked(&mut self, cells: Vec<Cell>, mark: Mark) {
        debug_assert_eq!(cells.len(), self.columns.len(), "{}: cells and columns differ", self.name);
        self.rows.push(Row { cells, mark, link: None });
    }

    /// A row whose first text leads to a part of the page.
    pub fn push_linked(&mut self, cells: Vec<Cell>, mark: Mark, link: Option<String>) {
        self.push_marked(cells, mark);
        if let Some(row) = self.rows.last_mut() {
            row.link = link;
        }
    }

    /// Takes columns out, with their cells.
    pub fn retain_columns(&mut self, keep: impl Fn(&Column) -> bool) {
        let kept: Vec<bool> = self.columns.iter().map(&keep).collect();
        let mut at = kept.iter();
        self.columns.retain(|_| at.next().is_some_and(|k| *k));
        for row in &mut self.rows {
            let mut at = kept.iter();
            row.cells.retain(|_| at.next().is_some_and(|k| *k));
        }
    }
}

impl Document {
    /// Every table, those behind charts too, in reading order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sections.iter().flat_map(|s| &s.blocks).filter_map(|block| match block {
            Block::Table(table) => Some(table),
            Block::Chart(chart) => Some(&chart.data),
            _ => None,
        })
    }

    /// Those of them that sheets, CSV and JSON have: a table of page columns only is a view of another.
    pub fn data_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables().filter(|t| t.columns.iter().any(|c| c.place != Place::Page))
    }

    pub fn tables_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        self.sections.iter_mut().flat_map(|s| &mut s.blocks).filter_map(|block| match block {
            Block::Table(table) => Some(table),
            Block::Chart(chart) => Some(&mut chart.data),
            _ => None,
        })
    }

    pub fn charts(&self) -> impl Iterator<Item = &Chart> {
        self.sections.iter().flat_map(|s| &s.blocks).filter_map(|block| match block {
            Block::Chart(chart) => Some(chart),
            _ => None,
        })
    }

    /// Columns of all tables that have a definition, each label once, in order of appearance.
    pub fn definitions(&self) -> Vec<&Column> {
        let mut seen = std::collections::BTreeSet::new();
        let columns = self.tables().flat_map(|t| &t.columns).filter(|c| !c.doc.is_empty());
        columns.filter(|c| seen.insert(c.label.as_str())).collect()
    }
}

macro_rules! cell_from {
    ($rust:ty, $variant:ident) => {
        impl From<$rust> for Cell {
            fn from(value: $rust) -> Cell {
                Cell::$variant(value.into())
            }
        }
    };
}

cell_from!(Str, Text);
cell_from!(&str, Text);
cell_from!(String, Text);
cell_from!(i64, Int);
cell_from!(f64, Float);
cell_from!(Cents, Money);
cell_from!(Day, Date);
cell_from!(Micros, Time);
cell_from!(bool, Bool);
cell_from!(Vec<String>, Lines);
cell_from!(Vec<Option<i64>>, Spark);

impl From<&Str> for Cell {
    fn from(value: &Str) -> Cell {
        Cell::Text(value.clone())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}
