//! HTTP/1.1 over any stream of bytes.

use std::io;

use bytes::Bytes;
use engine::Duplex;
use http::{Method, Request, Response, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;

/// A connection. Dropping it closes it.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Takes the stream over.
    pub async fn new(stream: Box<dyn Duplex>) -> Result<Self, hyper::Error> {
        let (sender, connection) = http1::Builder::new().max_buf_size(128 * 1024).handshake(TokioIo::new(stream)).await?;
        // Its error is the request's error too, where it is looked at.
        let driver = tokio::spawn(async move { drop(connection.await) }).abort_handle();
        Ok(Self { sender, driver })
    }

    /// Whether another request can be sent; false once the other side has closed.
    pub async fn ready(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Sends a request; the answer's head.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.send_request(request).await
    }
}

/// Whether the connection is used once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Once,
    Again,
}

/// A request with our headers.
pub fn request(method: Method, host: &str, path: &str, usage: Use) -> io::Result<Request<Full<Bytes>>> {
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("changeover/", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, "*/*");
    if usage == Use::Once {
        request = request.header(header::CONNECTION, "close");
    }
    request.body(Full::default()).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))
}
