//! From a map to regions: the places where something speaks for the target, as outlines that can be drawn on the photograph.

use crate::map::{Evidence, Map, positive, resize};

/// A region in which evidence for the target is concentrated: a place to look at, which may or may not hold a lesion.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Where the evidence is greatest, in shares of the square's side from the left and from the top.
    pub peak: [f64; 2],
    /// The closed outline, in shares of the square's side; the last point is followed by the first.
    pub outline: Vec<[f64; 2]>,
    /// Share of the evidence for the target in the whole picture, in (0, 1].
    pub share: f64,
    /// Area as a share of the square.
    pub area: f64,
    /// Left, top, right, bottom of the outline, in shares of the side.
    pub bounds: [f64; 4],
    /// The cells of the grid.
    cells: Vec<usize>,
}

impl Candidate {
    /// Whether a place, in shares of the side from the left and from the top, lies in the region or within `margin` of it.
    pub(crate) fn covers(&self, [x, y]: [f64; 2], margin: f64) -> bool {
        let [left, top, right, bottom] = self.bounds;
        let is_near =
            x >= left - margin && x <= right + margin && y >= top - margin && y <= bottom + margin;
        is_near
            && self.cells.iter().any(|cell| {
                let [row, column] =
                    [cell / GRID, cell % GRID].map(|at| (at as f64 + 0.5) / GRID as f64);
                let reach = 0.5 / GRID as f64 + margin;
                (x - column).abs() <= reach && (y - row).abs() <= reach
            })
    }

    /// Diameter of the disc of equal area, as a share of the square's side (the diameter of the field of view).
    pub fn diameter(&self) -> f64 {
        2.0 * (self.area / std::f64::consts::PI).sqrt()
    }
}

/// Regions at most.
pub const MOST_CANDIDATES: usize = 8;

/// Cells along each side of the grid on which regions are sought.
const GRID: usize = 96;

/// Standard deviation of the blur that joins what lies together, in cells.
const BLUR: f64 = 0.9;

/// A region reaches as far as evidence is above this share of the greatest in the picture.
const RIM: f64 = 0.25;

/// A region with less than this share of the evidence is not listed.
const LEAST_SHARE: f64 = 0.02;

/// The regions of a map in order of their share, the greatest first; none where nothing speaks for the target.
pub fn candidates(map: &Map) -> Vec<Candidate> {
    let evidence = on_grid(map);
    let total: f64 = evidence.iter().sum();
    let greatest = evidence.iter().copied().fold(0.0, f64::max);
    if total <= 0.0 || map.evidence() != Evidence::For {
        return Vec::new();
    }
    let inside: Vec<bool> = evidence
        .iter()
        .map(|&value| value >= RIM * greatest)
        .collect();
    let mut candidates: Vec<Candidate> = components(&inside)
        .into_iter()
        .map(|cells| Candidate::of(&cells, &evidence, total))
        .filter(|candidate| candidate.share >= LEAST_SHARE)
        .collect();
    candidates.sort_by(|one, other| other.share.total_cmp(&one.share));
    candidates.truncate(MOST_CANDIDATES);
    candidates
}

/// The evidence for the target on the grid, slightly blurred.
fn on_grid(map: &Map) -> Vec<f64> {
    let (height, width) = (map.height, map.width);
    let mut cells = vec![0.0; GRID * GRID];
    if height < GRID || width < GRID {
        let values: Vec<f64> = map.values.iter().map(|&value| positive(value)).collect();
        cells = resize(&values, [height, width], [GRID; 2]);
    } else {
        for (place, &value) in map.values.iter().enumerate() {
            let (row, column) = (place / width * GRID / height, place % width * GRID / width);
            cells[row * GRID + column] += positive(value);
        }
    }
    blurred(&cells)
}

/// A Gaussian blur along rows and columns.
fn blurred(cells: &[f64]) -> Vec<f64> {
    let reach = (3.0 * BLUR).ceil() as isize;
    let weight = |offset: isize| (-0.5 * (offset as f64 / BLUR).powi(2)).exp();
    let total: f64 = (-reach..=reach).map(weight).sum();
    let along = |cells: &[f64], step: [usize; 2]| -> Vec<f64> {
        (0..GRID * GRID)
            .map(|place| {
                let at = [place / GRID, place % GRID].map(|at| at as isize);
                let tap = |offset: isize| {
                    let [row, column] = [0, 1].map(|axis| at[axis] + offset * step[axis] as isize);
                    let within = 0..GRID as isize;
                    match within.contains(&row) && within.contains(&column) {
                        true => weight(offset) * cells[(row as usize) * GRID + column as usize],
                        false => 0.0,
                    }
                };
                (-reach..=reach).map(tap).sum::<f64>() / total
            })
            .collect()
    };
    along(&along(cells, [0, 1]), [1, 0])
}

/// Connected sets of cells, by their eight neighbours.
fn components(inside: &[bool]) -> Vec<Vec<usize>> {
    let mut waiting = inside.to_vec();
    let mut components = Vec::new();
    for start in 0..inside.len() {
        if !waiting[start] {
            continue;
        }
        waiting[start] = false;
        let (mut component, mut next) = (vec![start], 0);
        while let Some(&cell) = component.get(next) {
            next += 1;
            for neighbour in neighbours(cell) {
                if std::mem::take(&mut waiting[neighbour]) {
                    component.push(neighbour);
                }
            }
        }
        components.push(component);
    }
    components
}

fn neighbours(cell: usize) -> impl Iterator<Item = usize> {
    let (row, column) = (cell / GRID, cell % GRID);
    let rows = row.saturating_sub(1)..(row + 2).min(GRID);
    rows.flat_map(move |y| {
        (column.saturating_sub(1)..(column + 2).min(GRID)).map(move |x| y * GRID + x)
    })
}

impl Candidate {
    fn of(cells: &[usize], evidence: &[f64], total: f64) -> Self {
        let share = cells.iter().map(|&cell| evidence[cell]).sum::<f64>() / total;
        let peak = cells
            .iter()
            .copied()
            .max_by(|&one, &other| evidence[one].total_cmp(&evidence[other]))
            .unwrap_or(0);
        let outline = outline(cells);
        let along = |axis: usize| outline.iter().map(move |point| point[axis]);
        let least = |axis| along(axis).fold(1.0, f64::min);
        let most = |axis| along(axis).fold(0.0, f64::max);
        Self {
            peak: [peak % GRID, peak / GRID].map(|at| (at as f64 + 0.5) / GRID as f64),
            share,
            area: cells.len() as f64 / (GRID * GRID) as f64,
            bounds: [least(0), least(1), most(0), most(1)],
            outline,
            cells: cells.to_vec(),
        }
    }
}

/// The outer edge of a component, clockwise from its topmost leftmost cell, its corners cut.
fn outline(cells: &[usize]) -> Vec<[f64; 2]> {
    let mut inside = vec![false; GRID * GRID];
    cells.iter().for_each(|&cell| inside[cell] = true);
    let is_inside = |row: isize, column: isize| {
        let within = 0..GRID as isize;
        within.contains(&row)
            && within.contains(&column)
            && inside[row as usize * GRID + column as usize]
    };
    let first = cells.iter().copied().min().unwrap_or(0);
    // Corners of cells, walked with the component to the right: right, down, left, up.
    const STEPS: [[isize; 2]; 4] = [[0, 1], [1, 0], [0, -1], [-1, 0]];
    let start = [(first / GRID) as isize, (first % GRID) as isize];
    let (mut at, mut heading) = (start, 0);
    let mut corners: Vec<[isize; 2]> = Vec::new();
    loop {
        corners.push(at);
        let [down, right] = STEPS[heading];
        at = [at[0] + down, at[1] + right];
        // The two cells ahead, to the left and to the right of the way.
        let ahead = |side: isize| {
            let [row, column] = match heading {
                0 => [at[0] + (side - 1), at[1]],
                1 => [at[0], at[1] - side],
                2 => [at[0] - side, at[1] - 1],
                _ => [at[0] - 1, at[1] + (side - 1)],
            };
            is_inside(row, column)
        };
        heading = match (ahead(0), ahead(1)) {
            (true, _) => (heading + 3) % 4,
            (false, true) => heading,
            (false, false) => (heading + 1) % 4,
        };
        if at == start || corners.len() > 4 * GRID * GRID {
            break;
        }
    }
    // The middles of the steps: a staircase becomes a slope.
    let next = corners.iter().cycle().skip(1);
    let middles = corners.iter().zip(next).map(|(one, other)| {
        [1, 0].map(|axis| (one[axis] + other[axis]) as f64 / 2.0 / GRID as f64)
    });
    middles.collect()
}
