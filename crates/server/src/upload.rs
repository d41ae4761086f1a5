//! From a form to a record.
//!
//! The form is read file by file. Each file goes straight to disk, then, one at a time in the whole server, it is
//! decoded, measured and cropped; only the small pictures are kept. Files of a request that comes to nothing vanish.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use clinic::{
    Acceptance, Actor, Circumstances, Laterality, NewPhotograph, NewScreening, ScreeningId,
    StagedFile,
};
use fundus::{DecodeError, FundusError, Header};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ImageEncoder, RgbImage};
use time::OffsetDateTime;

use crate::application::{App, Shared};
use crate::noted::facts;
use crate::problem::{FileError, Problem};
use crate::who::Who;

/// A client that sends nothing for this long is given up.
const SILENCE: Duration = Duration::from_secs(30);
/// Characters of a field that is text.
const LONGEST_TEXT: usize = 200;
/// Characters of a file name.
const LONGEST_FILE_NAME: usize = 255;
/// So much is collected before it is written to disk.
const WRITE_SIZE: usize = 1 << 20;

/// Why one file was not taken.
struct Rejection {
    status: StatusCode,
    sentence: String,
}

/// What a form held.
#[derive(Default)]
struct Form {
    patient: Option<String>,
    year_of_birth: Option<i16>,
    circumstances: Circumstances,
    /// What the headers of the files say, the first that says something.
    recorded: Circumstances,
    laterality: Option<Laterality>,
    photographs: Vec<(String, Result<Acceptance, Rejection>)>,
}

/// Reads a form, and puts a screening on record if at least one of its photographs can be read.
pub(crate) async fn receive(app: &App, request: Request) -> Result<ScreeningId, Problem> {
    let by = Who::of(request.extensions()).actor();
    let mut multipart = open(app, request).await?;
    let mut form = Form::default();
    while let Some(field) = next_field(&mut multipart).await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "image" => {
                if let Some((file, submission)) = read_photograph(app, field).await? {
                    let submission = submission.map(|(acceptance, header)| {
                        form.recorded = std::mem::take(&mut form.recorded).or(recorded(&header));
                        acceptance
                    });
                    form.photographs.push((file, submission));
                }
                if form.photographs.len() > app.uploads.files {
                    let sentence = format!(
                        "a request may hold at most {} photographs",
                        app.uploads.files
                    );
                    return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, sentence));
                }
            }
            "patient" => form.patient = read_patient(field).await?,
            "laterality" => form.laterality = read_laterality(field).await?,
            _ => read_examination(&mut form, &name, field).await?,
        }
    }
    submit(app, by, form).await
}

/// Reads what is known of the patient and of the examination beside the photographs; other fields are passed over.
async fn read_examination(form: &mut Form, name: &str, field: Field<'_>) -> Result<(), Problem> {
    let today = OffsetDateTime::now_utc().date();
    let Form {
        year_of_birth,
        circumstances,
        ..
    } = form;
    match name {
        "year_of_birth" => {
            *year_of_birth = clinic::year_of_birth(&read_text(field, name).await?, today)?;
        }
        "examined" => {
            circumstances.examined = Circumstances::day(&read_text(field, name).await?, today)?;
        }
        "device" => {
            circumstances.device = Circumstances::line("device", &read_text(field, name).await?)?;
        }
        "operator" => {
            let text = read_text(field, name).await?;
            circumstances.operator = Circumstances::line("operator", &text)?;
        }
        _ => {}
    }
    Ok(())
}

/// What the header of a file says of the examination, as far as it could be said in the form.
fn recorded(header: &Header) -> Circumstances {
    let today = OffsetDateTime::now_utc().date();
    let day = header.acquired.map(|day| day.to_string());
    let examined = day.and_then(|day| Circumstances::day(&day, today).ok().flatten());
    let device = header.device.as_deref();
    Circumstances {
        examined,
        device: device.and_then(|name| Circumstances::line("device", name).ok().flatten()),
        operator: None,
    }
}

async fn open(app: &App, request: Request) -> Result<Multipart, Problem> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("multipart/form-data") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the photographs as multipart/form-data, each in a field named image",
        ));
    }
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > app.uploads.request_bytes) {
        return Err(request_too_large(app.uploads.request_bytes));
    }
    Multipart::from_request(request, &())
        .await
        .map_err(|rejection| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                format!("the form cannot be read: {rejection}"),
            )
        })
}

fn request_too_large(bytes: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("a request may hold at most {bytes} bytes; send fewer photographs at once"),
    )
}

async fn submit(app: &App, by: Actor, form: Form) -> Result<ScreeningId, Problem> {
    if form.photographs.is_empty() {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "there is no photograph in the form; send one in a field named image",
        ));
    }
    if form
        .photographs
        .iter()
        .all(|(_, submission)| submission.is_err())
    {
        return Err(all_rejected(&form.photographs));
    }
    if form.year_of_birth.is_some() && form.patient.is_none() {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "the field year_of_birth belongs to a patient; give the field patient too, or leave it out",
        ));
    }
    let photographs = form
        .photographs
        .into_iter()
        .map(|(file_name, submission)| NewPhotograph {
            file_name,
            submission: submission
                .map(|acceptance| with_laterality(acceptance, form.laterality))
                .map_err(|rejection| rejection.sentence),
        });
    let screening = NewScreening {
        patient: form.patient,
        year_of_birth: form.year_of_birth,
        circumstances: form.circumstances.or(form.recorded),
        laterality: form.laterality,
        photographs: photographs.collect(),
    };
    let id = app.store.submit(by, screening).await?;
    tracing::info!(screening = %id, "received");
    app.changed();
    Ok(id)
}

/// What the submitter says about the eye is better than what the file name says.
fn with_laterality(mut acceptance: Acceptance, given: Option<Laterality>) -> Acceptance {
    acceptance.facts.laterality = given.or(acceptance.facts.laterality);
    acceptance
}

fn all_rejected(photographs: &[(String, Result<Acceptance, Rejection>)]) -> Problem {
    let rejected: Vec<(&String, &Rejection)> = photographs
        .iter()
        .filter_map(|(file, submission)| {
            submission.as_ref().err().map(|rejection| (file, rejection))
        })
        .collect();
    let first = rejected
        .first()
        .map_or(StatusCode::UNPROCESSABLE_ENTITY, |(_, rejection)| {
            rejection.status
        });
    let is_shared = rejected
        .iter()
        .all(|(_, rejection)| rejection.status == first);
    let detail = match rejected.as_slice() {
        [(file, rejection)] => format!("{file}: {}", rejection.sentence),
        several => format!(
            "none of the {} files can be read as a photograph of a retina",
            several.len()
        ),
    };
    let errors = rejected
        .iter()
        .map(|(file, rejection)| FileError {
            file: (*file).clone(),
            error: rejection.sentence.clone(),
        })
        .collect();
    let status = if is_shared {
        first
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Problem {
        errors,
        ..Problem::new(status, detail)
    }
}

/// A photograph with its name and what its file says; `None` for the empty file field of a form in which nothing was chosen.
async fn read_photograph(
    app: &App,
    mut field: Field<'_>,
) -> Result<Option<(String, Result<(Acceptance, Header), Rejection>)>, Problem> {
    let name = file_name(field.file_name().unwrap_or_default());
    let staged = match stage(app, &mut field).await? {
        Ok(staged) if staged.length() == 0 && name.is_empty() => return Ok(None),
        Ok(staged) => staged,
        Err(rejection) => {
            app.metrics.refused();
            return Ok(Some((name, Err(rejection))));
        }
    };
    let eye = fundus::Laterality::from_file_name(&name);
    // Closed never: the semaphore lives as long as the server.
    let turn = Arc::clone(&app.decoding).acquire_owned().await;
    let outcome = app
        .blocking(move |shared| {
            let _turn = turn;
            accept(shared, staged, eye)
        })
        .await;
    let submission = match outcome {
        Ok(submission) => submission?,
        Err(failure) if failure.is_panic() => {
            tracing::error!("a decoder failed on a photograph");
            Err(Rejection::unprocessable(
                "the picture cannot be decoded; export it again as JPEG or PNG",
            ))
        }
        Err(failure) => return Err(failure.into()),
    };
    if submission.is_err() {
        app.metrics.refused();
    }
    Ok(Some((name, submission)))
}

/// The last part of a submitted path, without what could not be shown.
fn file_name(submitted: &str) -> String {
    let last = submitted.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars()
        .filter(|character| !character.is_control())
        .take(LONGEST_FILE_NAME)
        .collect()
}

async fn stage(app: &App, field: &mut Field<'_>) -> Result<Result<StagedFile, Rejection>, Problem> {
    let most = app.uploads.photograph.max_bytes;
    let mut staging = app.blocking(|shared| shared.store.stage()).await??;
    let mut buffer = Vec::new();
    let mut length = 0_u64;
    while let Some(chunk) = timely(field.chunk()).await? {
        length += chunk.len() as u64;
        if length > most {
            let sentence = format!(
                "the file has more than the {most} bytes that are accepted; export it as JPEG"
            );
            return Ok(Err(Rejection {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                sentence,
            }));
        }
        buffer.extend_from_slice(&chunk);
        if buffer.len() >= WRITE_SIZE {
            let full = std::mem::take(&mut buffer);
            staging = app
                .blocking(move |_| staging.write(&full).map(|()| staging))
                .await??;
        }
    }
    let staged = app
        .blocking(move |_| staging.write(&buffer).and_then(|()| staging.finish()))
        .await??;
    Ok(Ok(staged))
}

fn accept(
    shared: &Shared,
    original: StagedFile,
    eye: Option<fundus::Laterality>,
) -> Result<Result<(Acceptance, Header), Rejection>, Problem> {
    let bytes = original.read()?;
    let prepared = match shared
        .preparation
        .prepare(&bytes, &shared.uploads.photograph)
    {
        Ok(prepared) => prepared,
        Err(error) => return Ok(Err(Rejection::from(error))),
    };
    let facts = facts(&prepared, &bytes, eye);
    drop(bytes);
    let standardized = shared.preparation.visible(&prepared.input);
    let acceptance = Acceptance {
        original,
        cropped: shared.store.stage_bytes(&png(&prepared.cropped)?)?,
        standardized: shared.store.stage_bytes(&png(&standardized)?)?,
        facts,
    };
    Ok(Ok((acceptance, prepared.header)))
}

/// Lossless, so that the network's input can be made from it again, bit for bit.
pub(crate) fn png(picture: &RgbImage) -> Result<Vec<u8>, Problem> {
    let mut bytes = Cursor::new(Vec::new());
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    encoder
        .write_image(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            image::ExtendedColorType::Rgb8,
        )
        .map_err(|error| {
            tracing::error!(%error, "a picture could not be written as PNG");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "a picture could not be written; the reason is in the server's log",
            )
        })?;
    Ok(bytes.into_inner())
}

async fn read_patient(field: Field<'_>) -> Result<Option<String>, Problem> {
    let text = read_text(field, "patient").await?;
    let trimmed = text.trim();
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

async fn read_laterality(field: Field<'_>) -> Result<Option<Laterality>, Problem> {
    match read_text(field, "laterality").await?.trim() {
        "" => Ok(None),
        "left" => Ok(Some(Laterality::Left)),
        "right" => Ok(Some(Laterality::Right)),
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "the field laterality must be left, right or empty",
        )),
    }
}

async fn read_text(mut field: Field<'_>, name: &str) -> Result<String, Problem> {
    let unreadable = || {
        let sentence =
            format!("the field {name} must be text of at most {LONGEST_TEXT} characters");
        Problem::new(StatusCode::BAD_REQUEST, sentence)
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = timely(field.chunk()).await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > 4 * LONGEST_TEXT {
            return Err(unreadable());
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
    if text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
        return Err(unreadable());
    }
    Ok(text)
}

async fn next_field(multipart: &mut Multipart) -> Result<Option<Field<'_>>, Problem> {
    timely(multipart.next_field()).await
}

async fn timely<T>(reading: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    let read = tokio::time::timeout(SILENCE, reading).await.map_err(|_| {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "the rest of the request did not arrive; send it again",
        )
    })?;
    read.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is larger than is accepted; send fewer photographs at once",
        ),
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            format!("the form cannot be read: {error}"),
        ),
    })
}

impl Rejection {
    fn unprocessable(sentence: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            sentence: sentence.to_owned(),
        }
    }
}

impl From<FundusError> for Rejection {
    fn from(error: FundusError) -> Self {
        let status = match &error {
            FundusError::Decode(
                DecodeError::TooManyBytes { .. } | DecodeError::TooLarge { .. },
            ) => StatusCode::PAYLOAD_TOO_LARGE,
            FundusError::Decode(DecodeError::UnknownFormat) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self {
            status,
            sentence: error.to_string(),
        }
    }
}
