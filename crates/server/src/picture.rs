//! The pictures of a screening: the photograph, what was made of it, and its explanations.
//!
//! Explanations are stored as numbers and drawn when asked for, so a palette can be chosen later. Every answer but the
//! chart carries an `ETag` and may be kept by the asking browser alone, which asks each time whether it still holds.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use attribution::Map;
use attribution::render::{self, Palette, Rendering, Style};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clinic::{
    AcceptedPhotograph, ContentHash, Examination, Explanation, ExplanationState, MapRecord,
    Photograph, PhotographState, Screening, ScreeningId, Stage, Store,
};
use image::{DynamicImage, ImageFormat, RgbImage};
use serde::Deserialize;
use trust::plot::place_chart as draw_place_chart;

use crate::api::screening_id;
use crate::application::App;
use crate::problem::Problem;
use crate::spoken;

/// An explanation that is not ready is waited for this long.
const PATIENCE: Duration = Duration::from_secs(55);
/// After that, the client is told to ask again in so many seconds.
const ASK_AGAIN: u32 = 5;
/// Changes whenever pictures of the same record are drawn differently.
const DRAWING_VERSION: &str = "1";

/// The last parts of a photograph's address.
#[derive(Deserialize)]
pub(crate) struct PhotographPath {
    id: String,
    index: String,
}

/// The last parts of an explanation's address.
#[derive(Deserialize)]
pub(crate) struct ExplanationPath {
    id: String,
    index: String,
    method: String,
}

/// How an explanation is to be drawn.
#[derive(Deserialize)]
pub(crate) struct Drawing {
    palette: Option<String>,
    /// The magnitude that gets the full colour; the map's own where nothing is said.
    scale: Option<String>,
    style: Option<String>,
}

/// The photograph as submitted; a format that browsers do not show is converted to PNG.
pub(crate) async fn original(
    State(app): State<App>,
    Path(path): Path<PhotographPath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepted = accepted(&app, &path).await?;
    let tag = etag(&accepted.original, "original");
    if is_current(&headers, &tag) {
        return Ok(not_modified(tag));
    }
    let is_shown_by_browsers = ["image/jpeg", "image/png", "image/webp", "image/bmp"]
        .contains(&accepted.facts.media_type.as_str());
    if is_shown_by_browsers {
        let bytes = app.store.read(&accepted.original).await?;
        let media_type = HeaderValue::from_str(&accepted.facts.media_type)
            .unwrap_or(HeaderValue::from_static("application/octet-stream"));
        return Ok(picture(media_type, tag, bytes));
    }
    // Closed never: the semaphore lives as long as the server.
    let turn = Arc::clone(&app.decoding).acquire_owned().await;
    let bytes = app.store.read(&accepted.original).await?;
    let bytes = app
        .blocking(move |shared| {
            let _turn = turn;
            let photograph =
                fundus::decode(&bytes, &shared.uploads.photograph).map_err(unreadable)?;
            encode(&DynamicImage::ImageRgb8(photograph))
        })
        .await??;
    Ok(picture(PNG, tag, bytes))
}

/// The field of view at working size.
pub(crate) async fn cropped(
    State(app): State<App>,
    Path(path): Path<PhotographPath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepted = accepted(&app, &path).await?;
    stored_png(&app, accepted.cropped, &headers).await
}

/// What the network sees, made visible.
pub(crate) async fn standardized(
    State(app): State<App>,
    Path(path): Path<PhotographPath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepted = accepted(&app, &path).await?;
    stored_png(&app, accepted.standardized, &headers).await
}

async fn stored_png(
    app: &App,
    hash: ContentHash,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let tag = etag(&hash, "stored");
    if is_current(headers, &tag) {
        return Ok(not_modified(tag));
    }
    let bytes = app.store.read(&hash).await?;
    Ok(picture(PNG, tag, bytes))
}

/// Accuracy against uncertainty on the bundle's validation photographs, with this photograph's place marked.
pub(crate) async fn place_chart(
    State(app): State<App>,
    Path(path): Path<PhotographPath>,
) -> Result<Response, Problem> {
    let accepted = accepted(&app, &path).await?;
    let Stage::Graded { finding, .. } = accepted.stage else {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "the photograph has no grade yet, so it has no place in the chart",
        ));
    };
    if finding.bundle != app.bundle.fingerprint {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "another model bundle gave the grade, so it has no place in the chart of this one",
        ));
    }
    if app.bundle.validation.is_empty() {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "the model bundle holds no validation photographs to draw a chart of",
        ));
    }
    let language = spoken::language();
    let entropy = Some(finding.uncertainty.entropy);
    let svg = app
        .blocking(move |shared| {
            draw_place_chart(language, &shared.bundle.validation, entropy).svg()
        })
        .await?
        .map_err(unreadable)?;
    Ok((
        [
            (header::CONTENT_TYPE, "image/svg+xml"),
            (header::CACHE_CONTROL, "private, no-cache"),
        ],
        svg,
    )
        .into_response())
}

/// The cropped picture in grey with the evidence over it. Waits until it is ready.
pub(crate) async fn explanation(
    State(app): State<App>,
    Path(path): Path<ExplanationPath>,
    Query(drawing): Query<Drawing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let draw = |cropped: &RgbImage, map: &Map, rendering: &Rendering| {
        DynamicImage::ImageRgb8(render::overlay(cropped, map, rendering))
    };
    drawn(&app, &path, &drawing, &headers, "overlay", draw).await
}

/// Only the colours of the evidence, transparent where there is none. Waits until it is ready.
pub(crate) async fn explanation_map(
    State(app): State<App>,
    Path(path): Path<ExplanationPath>,
    Query(drawing): Query<Drawing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let draw = |cropped: &RgbImage, map: &Map, rendering: &Rendering| {
        DynamicImage::ImageRgba8(render::map_only(
            map,
            cropped.width(),
            cropped.height(),
            rendering,
        ))
    };
    drawn(&app, &path, &drawing, &headers, "map", draw).await
}

/// The cropped picture without the regions that the grade depends on, filled in from around. Waits until it is ready.
pub(crate) async fn counterfactual(
    State(app): State<App>,
    Path(path): Path<ExplanationPath>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ready = ready(&app, &path).await?;
    let Some((_, picture)) = ready.examination.and_then(|found| found.counterfactual) else {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "no set of regions was found without which the grade would be lower",
        ));
    };
    stored_png(&app, picture, &headers).await
}

async fn drawn(
    app: &App,
    path: &ExplanationPath,
    drawing: &Drawing,
    headers: &HeaderMap,
    kind: &str,
    draw: impl FnOnce(&RgbImage, &Map, &Rendering) -> DynamicImage + Send + 'static,
) -> Result<Response, Problem> {
    let (palette, full, style) = (palette(drawing)?, full(drawing)?, style(drawing)?);
    let Ready {
        accepted,
        map: record,
        ..
    } = ready(app, path).await?;
    let tag = etag(
        &record.content,
        &format!("{kind}-{palette:?}-{full:?}-{style:?}-{DRAWING_VERSION}"),
    );
    if is_current(headers, &tag) {
        return Ok(not_modified(tag));
    }
    let cropped = app.store.read(&accepted.cropped).await?;
    let map = read_map(&app.store, &record).await?;
    let bytes = app
        .blocking(move |_| {
            let cropped = image::load_from_memory_with_format(&cropped, ImageFormat::Png)
                .map_err(unreadable)?
                .into_rgb8();
            let rendering = Rendering {
                palette,
                full,
                style,
                ..Rendering::default()
            };
            encode(&draw(&cropped, &map, &rendering))
        })
        .await??;
    Ok(picture(PNG, tag, bytes))
}

fn palette(drawing: &Drawing) -> Result<Palette, Problem> {
    match drawing.palette.as_deref() {
        None | Some("blue-red") => Ok(Palette::BlueRed),
        Some("blue-yellow") => Ok(Palette::BlueYellow),
        Some(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "palette must be blue-red or blue-yellow",
        )),
    }
}

fn style(drawing: &Drawing) -> Result<Style, Problem> {
    match drawing.style.as_deref() {
        None | Some("areas") => Ok(Style::Areas),
        Some("contours") => Ok(Style::Contours),
        Some(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "style must be areas or contours",
        )),
    }
}

fn full(drawing: &Drawing) -> Result<Option<f32>, Problem> {
    let Some(text) = drawing.scale.as_deref() else {
        return Ok(None);
    };
    match text.parse::<f32>() {
        Ok(full) if full.is_finite() && full > 0.0 => Ok(Some(full)),
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "scale must be a number above 0",
        )),
    }
}

/// An explanation that is there.
struct Ready {
    accepted: AcceptedPhotograph,
    map: MapRecord,
    examination: Option<Box<Examination>>,
}

/// Waits for an explanation, but not for ever.
async fn ready(app: &App, path: &ExplanationPath) -> Result<Ready, Problem> {
    let id = screening_id(&path.id)?;
    let index = index(&path.index)?;
    if !app
        .methods
        .iter()
        .any(|method| method.name() == path.method)
    {
        return Err(Problem::unknown("explanation"));
    }
    let is_settled =
        |screening: &Screening| match screening.photographs.get(index).map(Photograph::stage) {
            Some(Some(Stage::Queued | Stage::Grading)) => false,
            Some(Some(Stage::Graded { explanations, .. })) => find(explanations, &path.method)
                .is_none_or(|state| {
                    matches!(
                        state,
                        ExplanationState::Ready { .. } | ExplanationState::Failed { .. }
                    )
                }),
            _ => true,
        };
    let screening = app.wait_for(id, Some(PATIENCE), is_settled).await?;
    let settled = is_settled(&screening);
    let accepted = nth_accepted(screening, index)?;
    if !settled {
        let mut problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the explanation is not ready yet; ask again",
        );
        problem.retry_after = Some(ASK_AGAIN);
        return Err(problem);
    }
    let explanations = match &accepted.stage {
        Stage::Graded { explanations, .. } => explanations.as_slice(),
        _ => &[],
    };
    match find(explanations, &path.method) {
        Some(ExplanationState::Ready {
            map, examination, ..
        }) => {
            let (map, examination) = (map.clone(), examination.clone());
            Ok(Ready {
                accepted,
                map,
                examination,
            })
        }
        Some(ExplanationState::Failed { error }) => Err(Problem::new(
            StatusCode::NOT_FOUND,
            format!("the explanation could not be computed: {error}"),
        )),
        _ => Err(Problem::unknown("explanation")),
    }
}

fn find<'a>(explanations: &'a [Explanation], method: &str) -> Option<&'a ExplanationState> {
    explanations
        .iter()
        .find(|explanation| explanation.method == method)
        .map(|explanation| &explanation.state)
}

async fn read_map(store: &Store, record: &MapRecord) -> Result<Map, Problem> {
    let bytes = store.read(&record.content).await?;
    let (values, _) = bytes.as_chunks::<4>();
    Ok(Map {
        height: record.height as usize,
        width: record.width as usize,
        values: values
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect(),
    })
}

async fn accepted(app: &App, path: &PhotographPath) -> Result<AcceptedPhotograph, Problem> {
    let id: ScreeningId = screening_id(&path.id)?;
    let index = index(&path.index)?;
    let screening = app.store.screening(id).await?;
    nth_accepted(screening, index)
}

fn nth_accepted(screening: Screening, index: usize) -> Result<AcceptedPhotograph, Problem> {
    match screening
        .photographs
        .into_iter()
        .nth(index)
        .map(|photograph| photograph.state)
    {
        Some(PhotographState::Accepted(accepted)) => Ok(*accepted),
        _ => Err(Problem::unknown("photograph")),
    }
}

fn index(text: &str) -> Result<usize, Problem> {
    text.parse().map_err(|_| Problem::unknown("photograph"))
}

const PNG: HeaderValue = HeaderValue::from_static("image/png");

fn encode(picture: &DynamicImage) -> Result<Vec<u8>, Problem> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(unreadable)?;
    Ok(bytes.into_inner())
}

/// What was stored by us and cannot be read again is our fault.
fn unreadable(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "a stored picture could not be drawn");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "a picture could not be drawn; the reason is in the server's log",
    )
}

fn etag(content: &ContentHash, kind: &str) -> String {
    let beginning = &content.as_str()[..32];
    format!("\"{beginning}-{kind}\"")
}

fn is_current(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == tag || known.trim() == "*")
}

fn not_modified(tag: String) -> Response {
    (StatusCode::NOT_MODIFIED, caching(tag)).into_response()
}

fn picture(media_type: HeaderValue, tag: String, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, media_type)], caching(tag), bytes).into_response()
}

fn caching(tag: String) -> [(header::HeaderName, String); 2] {
    [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ]
}
