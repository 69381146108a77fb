//! The HTTP server: connections in, requests to the routes, answers out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use picoserve::extract::FromRequest;
use picoserve::io::Read;
use picoserve::request::{Path, Request};
use picoserve::response::ws::WebSocketUpgrade;
use picoserve::response::{IntoResponse, Response, ResponseWriter, StatusCode};
use picoserve::routing::PathRouterService;
use picoserve::{Config, ResponseSent, Router, Server, Timeouts};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use super::message::{Answer, Ask, Caller};
use super::{lcd_socket, routes};
use crate::desk::Desk;

/// Connections served at the same time; further ones wait.
const CONNECTIONS: usize = 64;

/// Room for the head and the body of one request (network specification §1).
const BUFFER: usize = 8 * 1024;

const IDLE: picoserve::time::Duration = picoserve::time::Duration::from_secs(5);

const CONFIG: Config = Config::new(Timeouts {
    start_read_request: IDLE,
    persistent_start_read_request: IDLE,
    read_request: IDLE,
    write: IDLE,
})
.keep_connection_alive();

/// Opens the port of the dashboard.
///
/// # Errors
///
/// One sentence on why it cannot be opened.
pub async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), String> {
    let sentence = |why: std::io::Error| {
        if why.kind() == std::io::ErrorKind::AddrInUse {
            format!("--http {address}: another program uses this port")
        } else {
            format!("--http {address}: {why}")
        }
    };
    let listener = TcpListener::bind(address).await.map_err(sentence)?;
    let bound = listener.local_addr().map_err(sentence)?;
    Ok((listener, bound))
}

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, desk: Desk) {
    let router = Arc::new(Router::from_service(Routes {
        desk,
        sockets: lcd_socket::Places::default(),
    }));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    LocalSet::new()
        .run_until(accept(listener, router, places))
        .await;
}

type App = Router<picoserve::routing::ServicePathRouter<Routes>>;

async fn accept(listener: TcpListener, router: Arc<App>, places: Arc<Semaphore>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file handles, most likely: give the others time to end.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // Heads and bodies are written one after the other; neither shall wait.
        let _ = socket.set_nodelay(true);
        let router = Arc::clone(&router);
        connections.spawn_local(async move {
            let mut buffer = vec![0; BUFFER];
            // A broken connection is the client's loss.
            let _ = Server::new_tokio(&router, &CONFIG, &mut buffer)
                .serve(socket)
                .await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Hands every request to [`routes::answer`].
struct Routes {
    desk: Desk,
    sockets: lcd_socket::Places,
}

impl Routes {
    /// Answers a request that wants to become a WebSocket.
    async fn open_socket<R: Read, W: ResponseWriter<Error = R::Error>>(
        &self,
        mut request: Request<'_, R>,
        ask: &Ask<'_>,
        writer: W,
    ) -> Result<ResponseSent, W::Error> {
        let body = request.body_connection.body();
        let upgrade = WebSocketUpgrade::from_request(&(), request.parts, body).await;
        let admitted = routes::check_socket(ask)
            .and_then(|()| upgrade.map_err(|_| Answer::refusal(400, "No WebSocket 13 request\n")))
            .and_then(|upgrade| Ok((upgrade, self.sockets.client(&self.desk, ask.caller)?)));
        let connection = request.body_connection.finalize().await?;
        match admitted {
            Err(refusal) => response(&refusal).write_to(connection, writer).await,
            Ok((upgrade, client)) => {
                let socket = upgrade.on_upgrade(client);
                socket.write_to(connection, writer).await
            }
        }
    }
}

impl PathRouterService for Routes {
    async fn call_path_router_service<R: Read, W: ResponseWriter<Error = R::Error>>(
        &self,
        _state: &(),
        _parameters: (),
        path: Path<'_>,
        mut request: Request<'_, R>,
        writer: W,
    ) -> Result<ResponseSent, W::Error> {
        let parts = request.parts;
        let header = |name| {
            parts
                .headers()
                .get(name)
                .and_then(|value| value.as_str().ok())
        };
        let ask = Ask {
            method: parts.method(),
            path: path.encoded(),
            query: parts.query().map_or("", |query| query.0),
            host: header("host"),
            origin: header("origin"),
            content_type: header("content-type"),
            caller: Caller {
                cookie: header("cookie"),
                pin: header("x-auth-pin"),
            },
            body: b"",
        };
        if ask.path == lcd_socket::PATH && header("upgrade").is_some() {
            return self.open_socket(request, &ask, writer).await;
        }
        let fits = request
            .body_connection
            .body()
            .entire_body_fits_into_buffer();
        let answer = match request.body_connection.body().read_all().await {
            Err(_) if !fits => Answer::refusal(413, "The body is too long\n"),
            Err(_) => Answer::refusal(400, "The body is not complete\n"),
            Ok(body) => routes::answer(&self.desk, &Ask { body, ..ask }).await,
        };
        let connection = request.body_connection.finalize().await?;
        response(&answer).write_to(connection, writer).await
    }
}

fn response(answer: &Answer) -> impl IntoResponse + '_ {
    Response::new(StatusCode::new(answer.status), &*answer.body)
        .with_content_type(answer.content_type)
        .with_header("Cache-Control", "no-store")
        .with_header("X-Content-Type-Options", "nosniff")
        .with_headers(
            answer
                .policy
                .map(|policy| ("Content-Security-Policy", policy)),
        )
        .with_headers(answer.allow.map(|allow| ("Allow", allow)))
        .with_headers(
            answer
                .cookie
                .as_deref()
                .map(|cookie| ("Set-Cookie", cookie)),
        )
        .with_headers(answer.retry_after.map(|seconds| ("Retry-After", seconds)))
}
