use super::*;
use crate::ingest::rig::Rig;

fn matrix(rows: usize, columns: usize, data: &[f64]) -> Matrix {
    Matrix { rows, columns, data: data.to_vec() }
}

const X: [f64; 12] = [1.0, 0.5, -1.0, 2.0, 0.0, 3.0, -2.0, 0.25, 1.5, -0.5, 0.75, -3.0];
const Y: [f64; 6] = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0];
const PENALTIES: [f64; 3] = [10.0, 1.0, 0.1];

fn of(ridge: &Ridge<'_>, penalties: &[f64]) -> Key {
    key(&CODE_KEY, ridge, penalties, &[])
}

fn bits(path: &[Coefficients]) -> Vec<Vec<u64>> {
    let of = |fit: &Coefficients| fit.weights.iter().chain([&fit.intercept]).map(|n| n.to_bits()).collect();
    path.iter().map(of).collect()
}

#[test]
fn nothing_that_a_fit_is_made_of_is_left_out_of_its_key() {
    let base = matrix(6, 2, &X);
    let ridge = Ridge { x: &base, y: &Y, weight: None, offset: None };
    let mut keys = vec![of(&ridge, &PENALTIES)];
    assert_eq!(keys[0], of(&ridge, &PENALTIES));
    // Every number of the rows, by its last bit; 0 and −0 are two.
    for at in 0..X.len() {
        let mut data = X;
        data[at] = f64::from_bits(data[at].to_bits() ^ 1);
        keys.push(of(&Ridge { x: &matrix(6, 2, &data), ..ridge }, &PENALTIES));
    }
    let mut data = X;
    data[4] = -0.0;
    keys.push(of(&Ridge { x: &matrix(6, 2, &data), ..ridge }, &PENALTIES));
    for (rows, columns) in [(3, 4), (4, 3), (12, 1), (2, 6)] {
        keys.push(of(&Ridge { x: &matrix(rows, columns, &X), ..ridge }, &PENALTIES));
    }
    for at in 0..Y.len() {
        let mut y = Y;
        y[at] = 1.0 - y[at];
        keys.push(of(&Ridge { y: &y, ..ridge }, &PENALTIES));
    }
    // The last of the outcomes, and of the penalties, told as the first of what follows.
    keys.push(of(&Ridge { y: &Y[..5], ..ridge }, &PENALTIES));
    for penalties in [&[10.0, 1.0][..], &[10.0, 1.0, 0.2], &[1.0, 10.0, 0.1], &[10.0, 1.0, 0.1, 1.0], &[]] {
        keys.push(of(&ridge, penalties));
    }
    for numbers in [[0.0; 6], [1.0; 6]] {
        keys.push(of(&Ridge { weight: Some(&numbers), ..ridge }, &PENALTIES));
        keys.push(of(&Ridge { offset: Some(&numbers), ..ridge }, &PENALTIES));
    }
    keys.push(of(&Ridge { weight: Some(&[]), ..ridge }, &PENALTIES));
    // Format, model, and every file of the code.
    for at in 0..CODE.len() {
        let mut code = CODE;
        code[at] = "changed";
        keys.push(key(&code_key(FORMAT, MODEL, &code), &ridge, &PENALTIES, &[]));
    }
    keys.push(key(&code_key(b"shoppulse fits 3", MODEL, &CODE), &ridge, &PENALTIES, &[]));
    keys.push(key(&code_key(FORMAT, "ridge-4", &CODE), &ridge, &PENALTIES, &[]));
    // What is read besides the fit's numbers, and the same told as one more penalty.
    for beside in [&[0.0][..], &[1.0], &[1.0, 2.0]] {
        keys.push(key(&CODE_KEY, &ridge, &PENALTIES, beside));
    }
    keys.push(key(&CODE_KEY, &ridge, &PENALTIES[..2], &PENALTIES[2..]));
    let n = keys.len();
    assert_eq!(keys.into_iter().collect::<BTreeSet<Key>>().len(), n, "two keys are the same");
}

/// The constants of the fit stand in the files whose text is hashed.
#[test]
fn the_code_of_the_fit_is_hashed_with_its_constants() {
    let of_fit = ["BLOCK", "MOST_STEPS", "MOST_HALVINGS", "STILL", "FLAT", "SHRINKS", "SLACK"].map(|c| (0, c));
    for (code, constant) in of_fit.into_iter().chain([(4, "MOST_SWEEPS"), (4, "STILL"), (6, "FACTORS")]) {
        assert!(CODE[code].contains(&format!("const {constant}: ")), "{constant}");
    }
    assert!(CODE[3].contains("name = \"libm\""));
}

/// More numbers than a block holds: those of the last, shorter one count too.
#[test]
fn the_last_block_counts() {
    let mut data = vec![0.25; 2 * BLOCK + 7];
    let of_data = |data: &[f64]| {
        let x = matrix(data.len(), 1, data);
        of(&Ridge { x: &x, y: &[], weight: None, offset: None }, &[])
    };
    let before = of_data(&data);
    *data.last_mut().unwrap() = 0.5;
    assert_ne!(of_data(&data), before);
}

#[test]
fn a_known_fit_has_the_bits_of_a_new_one() {
    let x = matrix(6, 2, &X);
    let ridge = Ridge { x: &x, y: &Y, weight: None, offset: None };
    let kept = Kept::default();
    let want = bits(&ridge.path(&PENALTIES));
    assert_eq!(bits(&kept.path(&ridge, &PENALTIES)), want);
    assert_eq!(kept.counts(), Counts { found: 0, made: 1 });
    let file = encode(kept.state().known.iter());
    let again = Kept(Mutex::new(Fits { known: decode(&file).unwrap(), ..Fits::default() }));
    assert_eq!(bits(&again.path(&ridge, &PENALTIES)), want);
    assert_eq!(again.counts(), Counts { found: 1, made: 0 });
    assert_eq!(file.len(), 16 + 32 + 8 + 8 * 3 * PENALTIES.len());
    for cut in 0..file.len() {
        assert!(decode(&file[..cut]).is_none_or(|fits| fits.is_empty()), "cut to {cut}");
    }
}

/// A content that a checksum agrees with and that still does not fit what is asked: never believed, never a panic.
#[test]
fn a_fit_of_another_shape_is_made_anew() {
    let x = matrix(6, 2, &X);
    let ridge = Ridge { x: &x, y: &Y, weight: None, offset: None };
    let own = of(&ridge, &PENALTIES);
    let narrow = Coefficients { intercept: 0.0, weights: vec![1.0] };
    for path in [vec![], vec![narrow; 3], ridge.path(&PENALTIES[..2])] {
        let kept = Kept(Mutex::new(Fits { known: BTreeMap::from([(own, path)]), ..Fits::default() }));
        assert_eq!(bits(&kept.path(&ridge, &PENALTIES)), bits(&ridge.path(&PENALTIES)));
        assert_eq!(kept.counts(), Counts { found: 0, made: 1 });
    }
}

#[test]
fn a_run_leaves_what_its_last_day_used() {
    let rig = Rig::new();
    let lake = rig.lake();
    let path = rig.project.storage.lake.join("kept/fits.bin");
    let x = matrix(6, 2, &X);
    let ridge = Ridge { x: &x, y: &Y, weight: None, offset: None };
    let night = |days: &[&[f64]]| {
        let kept = Kept::read(&lake);
        for penalties in days {
            kept.next_day();
            penalties.iter().for_each(|penalty| drop(kept.path(&ridge, &[*penalty])));
        }
        kept.write(&lake).unwrap();
        kept.counts()
    };
    assert_eq!(night(&[]), Counts { found: 0, made: 0 });
    assert!(!path.exists(), "no model was asked for");
    assert_eq!(night(&[&[1.0, 2.0], &[2.0, 3.0]]), Counts { found: 1, made: 3 });
    let two = std::fs::read(&path).unwrap();
    assert_eq!(two.len(), 16 + 2 * (32 + 8 + 8 * 3) + 32);
    // A run without a model leaves it alone, and so does one that finds it as it would write it.
    let written = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&path).unwrap());
    let before = written();
    assert_eq!(night(&[]), Counts { found: 0, made: 0 });
    assert_eq!(night(&[&[3.0, 2.0]]), Counts { found: 2, made: 0 });
    assert_eq!(written(), before);
    // 1 was of the first day alone: it is made again.
    assert_eq!(night(&[&[1.0, 3.0]]), Counts { found: 1, made: 1 });
    assert_eq!(night(&[&[3.0]]), Counts { found: 1, made: 0 });
    assert_eq!(std::fs::read(&path).unwrap().len(), 16 + 32 + 8 + 8 * 3 + 32);
}
