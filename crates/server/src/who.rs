//! Who is asking: found out once for each request, from its cookie or its bearer token.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use clinic::{Account, Actor, Role, Token};

use crate::application::{App, Front};
use crate::problem::Problem;

/// Who is asking. What the guard has found out stands in the request, where handlers ask for it as an argument.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Whoever sits at this computer, as long as there are no accounts.
    Local,
    /// Somebody who is logged in.
    Known(LoggedIn),
    /// Nobody who is known.
    Stranger,
}

/// A session under way.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn {
    pub(crate) account: Account,
    pub(crate) token: Token,
    /// Whether a browser sent the token by itself, for whatever page.
    pub(crate) by_cookie: bool,
}

impl Who {
    /// Who asks for something, by what the guard has put into the request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or(Self::Stranger)
    }

    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Local => Actor::Local,
            Self::Known(known) => Actor::Account(known.account.id),
            Self::Stranger => Actor::Nobody,
        }
    }

    /// What they may do; whoever is alone may do all.
    pub(crate) fn role(&self) -> Option<Role> {
        match self {
            Self::Local => Some(Role::Administrator),
            Self::Known(known) => Some(known.account.role),
            Self::Stranger => None,
        }
    }

    pub(crate) fn logged_in(&self) -> Option<&LoggedIn> {
        match self {
            Self::Known(known) => Some(known),
            Self::Local | Self::Stranger => None,
        }
    }

    /// The name of their account.
    pub(crate) fn name(&self) -> Option<&str> {
        self.logged_in().map(|known| known.account.name.as_str())
    }
}

impl<S: Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// The other end of the connection, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Where it is; behind a proxy what that says, `None` where there is no network.
    pub(crate) address: Option<IpAddr>,
    /// Whether what it sends is encrypted on its way.
    pub(crate) is_encrypted: bool,
}

impl Client {
    pub(crate) fn of(front: &Front, extensions: &Extensions, headers: &HeaderMap) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(address)| address.ip().to_canonical());
        // The proxy stands on this computer; who comes from elsewhere has not come through it.
        let is_forwarded = front.behind_proxy && peer.is_none_or(|peer| peer.is_loopback());
        if !is_forwarded {
            return Self {
                address: peer,
                is_encrypted: front.is_encrypted,
            };
        }
        // The last one is the proxy's own word; those before it are anybody's.
        let forwarded = last(headers, "x-forwarded-for").and_then(address);
        let is_encrypted = last(headers, "x-forwarded-proto") == Some("https");
        Self {
            // Not the proxy's own address, which would make everybody somebody on this computer.
            address: forwarded,
            is_encrypted: front.is_encrypted || is_encrypted,
        }
    }

    pub(crate) fn is_on_this_computer(&self) -> bool {
        self.address.is_some_and(|address| address.is_loopback())
    }
}

/// An address, which some proxies write with its port.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    text.parse().ok().or_else(with_port)
}

/// The last value of a header that lists several.
pub(crate) fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(name).iter().next_back()?;
    values.to_str().ok()?.rsplit(',').next().map(str::trim)
}

/// The cookie's name. Browsers take one with this prefix from an encrypted answer alone, and from no sub-domain.
fn cookie_name(is_encrypted: bool) -> &'static str {
    match is_encrypted {
        true => "__Host-fundoscope",
        false => "fundoscope",
    }
}

/// The header that gives a browser its session; without a token, that takes it away.
pub(crate) fn cookie(token: Option<&Token>, is_encrypted: bool) -> HeaderValue {
    let name = cookie_name(is_encrypted);
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = match token {
        Some(token) => format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"),
        None => format!("{name}=; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age=0"),
    };
    // Digits and what stands above.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// Finds out who is asking.
pub(crate) async fn identify(
    app: &App,
    client: Client,
    headers: &HeaderMap,
) -> Result<Who, Problem> {
    if !app.has_accounts().await? {
        // Whoever can be reached by others does not start without accounts, and none is ever removed.
        return Ok(match app.front.is_reachable {
            true => Who::Stranger,
            false => Who::Local,
        });
    }
    let (token, by_cookie) = match headers.get(header::AUTHORIZATION) {
        Some(authorization) => (bearer(authorization)?, false),
        None => match cookie_token(headers, client.is_encrypted) {
            Some(token) => (token, true),
            None => return Ok(Who::Stranger),
        },
    };
    let session = app.store.access().session(&token, app.session).await?;
    match session {
        Some(session) => Ok(Who::Known(LoggedIn {
            account: session.account,
            token,
            by_cookie,
        })),
        // A browser sends what it has; a program should know that its session is over.
        None if by_cookie => Ok(Who::Stranger),
        None => Err(unauthorized(
            "this session is over or never was; get a token from POST /api/v1/sessions",
        )),
    }
}

pub(crate) fn unauthorized(sentence: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, sentence)
}

fn bearer(authorization: &HeaderValue) -> Result<Token, Problem> {
    let token = authorization.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        is_bearer.then(|| token.trim().parse().ok()).flatten()
    });
    token.ok_or_else(|| {
        unauthorized(
            "the header Authorization must be Bearer and a token from POST /api/v1/sessions",
        )
    })
}

fn cookie_token(headers: &HeaderMap, is_encrypted: bool) -> Option<Token> {
    cookies(headers, cookie_name(is_encrypted)).find_map(|token| token.parse().ok())
}

/// The values of the cookies with a name.
pub(crate) fn cookies<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(found, _)| *found == name)
        .map(|(_, value)| value)
}
