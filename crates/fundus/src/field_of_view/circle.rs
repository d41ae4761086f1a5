//! The circle that explains where the border ends.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::border::Difference;

/// A circle in continuous pixels of the search copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circle {
    pub x: f64,
    pub y: f64,
    pub radius: f64,
}

/// A circle and how well it explains the picture; larger is better.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub circle: Circle,
    pub score: f64,
}

/// Tolerances from the border's colour that are tried, of 255. Low ones find dark photographs, high ones survive noisy
/// borders.
const TOLERANCES: [u8; 8] = [4, 6, 9, 13, 19, 28, 42, 64];

/// Directions in which the outline is looked for.
const RAYS: usize = 720;

/// Circles drawn through three points of the outline.
const TRIALS: usize = 300;

/// How far an outline point may lie from its circle, as a share of the radius.
const INLIER: f64 = 0.015;

/// A stretch of outline that runs straight along an axis for this share of the mask's extent is a cut, not an arc: on
/// the search copy a circle deviates from its tangent by two pixels within half of that.
const STRAIGHT: f64 = 0.3;

/// Circles for all tolerances that pass as a field of view.
pub(super) fn candidates(difference: &Difference) -> Vec<Fit> {
    TOLERANCES
        .into_iter()
        .filter_map(|tolerance| candidate(difference, tolerance))
        .collect()
}

fn candidate(difference: &Difference, tolerance: u8) -> Option<Fit> {
    let (mask, size) = difference.largest_component(tolerance);
    // A field of view fills at least a twentieth of any photograph.
    if size * 20 < mask.len() {
        return None;
    }
    let points = without_straight_cuts(outline(difference, &mask));
    let circle = consensus(&points, difference.width, difference.height)?;
    let score = judge(difference, tolerance, &mask, &points, circle)?;
    Some(Fit { circle, score })
}

/// The outermost points of the mask in every direction from its centroid, but where the frame cuts it.
fn outline(difference: &Difference, mask: &[bool]) -> Vec<[f64; 2]> {
    let (width, height) = (difference.width, difference.height);
    let (mut sum_x, mut sum_y, mut count) = (0.0, 0.0, 0.0);
    for (index, _) in mask.iter().enumerate().filter(|(_, inside)| **inside) {
        sum_x += (index % width) as f64 + 0.5;
        sum_y += (index / width) as f64 + 0.5;
        count += 1.0;
    }
    let centre = [sum_x / count, sum_y / count];
    let on_ray = |direction: [f64; 2], distance: f64| {
        [0, 1].map(|axis| centre[axis] + direction[axis] * distance)
    };
    (0..RAYS)
        .filter_map(|ray| {
            let direction = direction(ray, RAYS);
            let mut distance = distance_to_frame(centre, direction, [width as f64, height as f64]);
            let frame = distance;
            while distance > 1.0 {
                distance -= 0.5;
                let [x, y] = on_ray(direction, distance);
                if mask[y as usize * width + x as usize] {
                    let cut_by_frame = frame - distance < 2.0;
                    return (!cut_by_frame).then(|| on_ray(direction, distance + 0.25));
                }
            }
            None
        })
        .collect()
}

/// Drops the stretches along which a bar cuts the circle off.
fn without_straight_cuts(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let mut straight = vec![false; points.len()];
    for (along, across) in [(0, 1), (1, 0)] {
        let least = points
            .iter()
            .map(|point| point[along])
            .fold(f64::INFINITY, f64::min);
        let most = points
            .iter()
            .map(|point| point[along])
            .fold(f64::NEG_INFINITY, f64::max);
        for start in 0..points.len() {
            let stretch = start..start + points.len() / 2;
            let length = stretch
                .map(|at| points[at % points.len()])
                .take_while(|point| (point[across] - points[start][across]).abs() <= 2.0)
                .count();
            let end = (start + length.max(1) - 1) % points.len();
            if (points[end][along] - points[start][along]).abs() >= STRAIGHT * (most - least) {
                (start..start + length).for_each(|at| straight[at % points.len()] = true);
            }
        }
    }
    points
        .into_iter()
        .zip(straight)
        .filter(|(_, straight)| !straight)
        .map(|(point, _)| point)
        .collect()
}

fn direction(step: usize, steps: usize) -> [f64; 2] {
    let (sine, cosine) = (step as f64 / steps as f64 * std::f64::consts::TAU).sin_cos();
    [cosine, sine]
}

/// How far a ray from a point within the frame runs until it leaves the frame.
fn distance_to_frame(from: [f64; 2], direction: [f64; 2], frame: [f64; 2]) -> f64 {
    let along = |axis: usize| {
        let room = if direction[axis] > 0.0 {
            frame[axis] - from[axis]
        } else {
            from[axis]
        };
        room / direction[axis].abs().max(1e-9)
    };
    along(0).min(along(1))
}

/// The circle through three outline points that most other points lie on or near (M-estimator sample consensus, Torr and
/// Zisserman 2000, from a fixed seed).
fn consensus(points: &[[f64; 2]], width: usize, height: usize) -> Option<Circle> {
    if points.len() < RAYS / 40 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(0x0cc1_0905);
    let mut best: Option<(f64, Circle)> = None;
    for _ in 0..TRIALS {
        let chosen = [(); 3].map(|()| points[rng.random_range(0..points.len())]);
        let Some(circle) = through(chosen).filter(|circle| circle.is_plausible(width, height))
        else {
            continue;
        };
        let most = best.map_or(0.0, |(support, _)| support);
        if let Some(support) = support_above(most, &circle, points) {
            best = Some((support, circle));
        }
    }
    let (_, mut circle) = best?;
    for _ in 0..3 {
        let inliers: Vec<_> = points
            .iter()
            .copied()
            .filter(|point| circle.misfit(point) <= INLIER)
            .collect();
        circle =
            least_squares(&inliers, circle).filter(|circle| circle.is_plausible(width, height))?;
    }
    Some(circle)
}

/// How many points lie near a circle, those further off counted less; `None` as soon as it cannot be more than `most`,
/// which is soon for nearly every trial.
fn support_above(most: f64, circle: &Circle, points: &[[f64; 2]]) -> Option<f64> {
    let mut support = 0.0;
    for (done, point) in points.iter().enumerate() {
        if support + (points.len() - done) as f64 <= most {
            return None;
        }
        support += 1.0 - (circle.misfit(point) / (2.0 * INLIER)).powi(2).min(1.0);
    }
    (support > most).then_some(support)
}

impl Circle {
    /// Distance of a point from the circle, as a share of the radius.
    fn misfit(&self, point: &[f64; 2]) -> f64 {
        (self.distance(*point) - 1.0).abs()
    }

    /// Distance of a point from the centre, in radii. A root of squares: coordinates cannot overflow, and `hypot`, which
    /// guards against that, takes most of the search's time.
    fn distance(&self, point: [f64; 2]) -> f64 {
        self.squared_distance(point).sqrt() / self.radius
    }

    /// Squared distance of a point from the centre, in pixels squared.
    fn squared_distance(&self, [x, y]: [f64; 2]) -> f64 {
        let [dx, dy] = [x - self.x, y - self.y];
        dx * dx + dy * dy
    }

    /// A field of view is not much smaller than its photograph, hardly larger, and its middle is in the picture.
    fn is_plausible(&self, width: usize, height: usize) -> bool {
        let (width, height) = (width as f64, height as f64);
        let (shorter, longer) = (width.min(height), width.max(height));
        let inside = |at: f64, side: f64| (0.1 * side..=0.9 * side).contains(&at);
        (0.2 * shorter..=0.85 * longer).contains(&self.radius)
            && inside(self.x, width)
            && inside(self.y, height)
    }
}

/// The circle through three points; `None` when they lie on a line.
fn through([a, b, c]: [[f64; 2]; 3]) -> Option<Circle> {
    let [bx, by] = [b[0] - a[0], b[1] - a[1]];
    let [cx, cy] = [c[0] - a[0], c[1] - a[1]];
    let determinant = 2.0 * (bx * cy - by * cx);
    if determinant.abs() < 1e-6 {
        return None;
    }
    let (b_square, c_square) = (bx * bx + by * by, cx * cx + cy * cy);
    let x = (cy * b_square - by * c_square) / determinant;
    let y = (bx * c_square - cx * b_square) / determinant;
    Some(Circle {
        x: a[0] + x,
        y: a[1] + y,
        radius: x.hypot(y),
    })
}

/// The circle with the least sum of squared distances from the points: Gauss-Newton on centre and radius.
fn least_squares(points: &[[f64; 2]], start: Circle) -> Option<Circle> {
    let mut circle = start;
    for _ in 0..5 {
        let mut normal = [[0.0; 3]; 3];
        let mut right = [0.0; 3];
        for point in points {
            let [dx, dy] = [circle.x - point[0], circle.y - point[1]];
            let distance = dx.hypot(dy).max(1e-9);
            let gradient = [dx / distance, dy / distance, -1.0];
            let residual = distance - circle.radius;
            for row in 0..3 {
                for column in 0..3 {
                    normal[row][column] += gradient[row] * gradient[column];
                }
                right[row] -= gradient[row] * residual;
            }
        }
        let [x, y, radius] = solve(normal, right)?;
        circle = Circle {
            x: circle.x + x,
            y: circle.y + y,
            radius: circle.radius + radius,
        };
    }
    (circle.radius.is_finite() && circle.radius > 0.0).then_some(circle)
}

/// Solves three linear equations by Cramer's rule; `None` when they are singular.
fn solve(matrix: [[f64; 3]; 3], right: [f64; 3]) -> Option<[f64; 3]> {
    let determinant = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(&matrix);
    if whole.abs() < 1e-9 {
        return None;
    }
    Some(std::array::from_fn(|unknown| {
        let mut replaced = matrix;
        for (row, value) in replaced.iter_mut().zip(right) {
            row[unknown] = value;
        }
        determinant(&replaced) / whole
    }))
}

/// How well a circle explains the picture, or `None` when it does not.
///
/// Three things are asked: does the circle's visible part carry outline (support), is the mask inside the circle
/// (precision), and does it fill what the frame leaves of the circle (recall; dark photographs fill less).
fn judge(
    difference: &Difference,
    tolerance: u8,
    mask: &[bool],
    points: &[[f64; 2]],
    circle: Circle,
) -> Option<f64> {
    const BINS: usize = 360;
    let mut hit = [false; BINS];
    for point in points.iter().filter(|point| circle.misfit(point) <= INLIER) {
        let angle = (point[1] - circle.y)
            .atan2(point[0] - circle.x)
            .rem_euclid(std::f64::consts::TAU);
        hit[(angle / std::f64::consts::TAU * BINS as f64) as usize % BINS] = true;
    }
    let (width, height) = (difference.width as f64, difference.height as f64);
    let in_frame = |bin: usize| {
        let [dx, dy] = direction(bin, BINS);
        let [x, y] = [circle.x + dx * circle.radius, circle.y + dy * circle.radius];
        x > 2.0 && y > 2.0 && x < width - 2.0 && y < height - 2.0
    };
    let visible = (0..BINS).filter(|&bin| in_frame(bin)).count();
    let near = |bin: usize| (0..3).any(|step| hit[(bin + BINS + step - 1) % BINS]);
    let supported = (0..BINS).filter(|&bin| in_frame(bin) && near(bin)).count();

    let [within, beyond] = [1.0, 1.03].map(|share: f64| (share * circle.radius).powi(2));
    let (mut both, mut masked, mut inside, mut outside, mut plain) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (index, &of_mask) in mask.iter().enumerate() {
        let [x, y] = [index % difference.width, index / difference.width].map(|at| at as f64 + 0.5);
        let distance = circle.squared_distance([x, y]);
        let in_circle = distance <= within;
        masked += f64::from(of_mask);
        inside += f64::from(in_circle);
        both += f64::from(of_mask && in_circle);
        if distance > beyond {
            outside += 1.0;
            plain += f64::from(difference.values[index] <= tolerance);
        }
    }
    let support = supported as f64 / visible.max(1) as f64;
    let (precision, recall) = (both / f64::max(masked, 1.0), both / f64::max(inside, 1.0));
    let plainness = if outside > 0.0 { plain / outside } else { 0.0 };
    let accepted =
        supported >= 12 && support > 0.4 && precision > 0.95 && recall > 0.4 && plainness > 0.9;
    accepted.then_some(support + precision + recall + plainness)
}

/// Whether the picture ends at the circle as at the edge of a field stop: abruptly, and with a plain border beyond.
///
/// A glow, a vignette or a blob in a texture also has a circular outline at some tolerance, but it falls off gradually:
/// for a steady slope the fall within ±2 % of the radius is half of that within ±4 %.
pub(super) fn has_rim(difference: &Difference, circle: Circle) -> bool {
    const LEAST_SHARPNESS: f64 = 0.56;
    const LEAST_FALL: f64 = 0.5;
    const LARGEST_BORDER: f64 = 0.35;

    let [inner_limit, outer_limit] = [0.97, 1.03].map(|share: f64| (share * circle.radius).powi(2));
    let (mut inside, mut beyond) = (Vec::new(), Vec::new());
    for (index, &value) in difference.values.iter().enumerate() {
        let [x, y] = [index % difference.width, index / difference.width].map(|at| at as f64 + 0.5);
        let distance = circle.squared_distance([x, y]);
        if distance < inner_limit {
            inside.push(f64::from(value));
        } else if distance > outer_limit {
            beyond.push(f64::from(value));
        }
    }
    let picture = quantile(&mut inside, 0.5);
    let border = quantile(&mut beyond, 0.9);

    let (mut falls, mut sharpness) = (Vec::new(), Vec::new());
    for step in 0..RAYS / 2 {
        let [dx, dy] = direction(step, RAYS / 2);
        let at = |share: f64| {
            let distance = share * circle.radius;
            sample(
                difference,
                circle.x + dx * distance - 0.5,
                circle.y + dy * distance - 0.5,
            )
        };
        let [Some(inner), Some(near_inner), Some(near_outer), Some(outer)] =
            [0.96, 0.98, 1.02, 1.04].map(at)
        else {
            continue;
        };
        falls.push((inner - outer) / inner.max(0.3 * picture).max(1.0));
        if inner - outer > 3.0 {
            sharpness.push((near_inner - near_outer) / (inner - outer));
        }
    }
    falls.len() >= 6
        && border <= LARGEST_BORDER * picture
        && quantile(&mut falls, 0.5) >= LEAST_FALL
        && quantile(&mut sharpness, 0.5) >= LEAST_SHARPNESS
}

/// The value below which a share of the values lies; 0 when there are none.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    let place = (values.len() as f64 * share) as usize;
    if place >= values.len() {
        return 0.0;
    }
    *values.select_nth_unstable_by(place, f64::total_cmp).1
}

/// Moves the circle to where the picture changes most sharply along its rim.
pub(super) fn refine(difference: &Difference, circle: Circle) -> Circle {
    let mut refined = circle;
    for reach in [0.04, 0.02] {
        let points: Vec<_> = (0..RAYS)
            .filter_map(|ray| edge_point(difference, refined, ray, reach))
            .collect();
        let mut misfits: Vec<f64> = points.iter().map(|point| refined.misfit(point)).collect();
        misfits.sort_by(f64::total_cmp);
        let Some(&middle) = misfits
            .get(misfits.len() / 2)
            .filter(|_| points.len() >= RAYS / 20)
        else {
            return refined;
        };
        let kept: Vec<_> = points
            .into_iter()
            .filter(|point| refined.misfit(point) <= (2.5 * middle).max(0.004))
            .collect();
        match least_squares(&kept, refined) {
            Some(better) if better.is_plausible(difference.width, difference.height) => {
                refined = better
            }
            _ => return refined,
        }
    }
    refined
}

/// The point of steepest fall from inside to outside along one ray, within `reach` radii of the circle.
fn edge_point(difference: &Difference, circle: Circle, ray: usize, reach: f64) -> Option<[f64; 2]> {
    let [dx, dy] = direction(ray, RAYS);
    let at = |distance: f64| {
        let [x, y] = [
            circle.x + dx * distance - 0.5,
            circle.y + dy * distance - 0.5,
        ];
        sample(difference, x, y)
    };
    let steps = (reach * circle.radius / 0.25).ceil() as i32;
    let mut best: Option<(f64, f64)> = None;
    for step in -steps..=steps {
        let distance = circle.radius + f64::from(step) * 0.25;
        let (Some(inner), Some(outer)) = (at(distance - 1.5), at(distance + 1.5)) else {
            continue;
        };
        let fall = inner - outer;
        if fall > best.map_or(3.0, |(steepest, _)| steepest) {
            best = Some((fall, distance));
        }
    }
    best.map(|(_, distance)| [circle.x + dx * distance, circle.y + dy * distance])
}

/// Bilinear value at pixel-centre coordinates; `None` outside the frame.
fn sample(difference: &Difference, x: f64, y: f64) -> Option<f64> {
    if x < 0.0 || y < 0.0 || x > (difference.width - 1) as f64 || y > (difference.height - 1) as f64
    {
        return None;
    }
    let left = (x as usize).min(difference.width - 2);
    let top = (y as usize).min(difference.height - 2);
    let (weight_x, weight_y) = (x - left as f64, y - top as f64);
    let value = |x: usize, y: usize| f64::from(difference.values[y * difference.width + x]);
    let upper = value(left, top) * (1.0 - weight_x) + value(left + 1, top) * weight_x;
    let lower = value(left, top + 1) * (1.0 - weight_x) + value(left + 1, top + 1) * weight_x;
    Some(upper * (1.0 - weight_y) + lower * weight_y)
}
