//! Byte streams to pods: port-forward over a websocket, nothing listens on this machine.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use engine::{Duplex, ReadError, Tunnel};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::Portforwarder;
use model::{ObjectId, Sentence, sentence};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use crate::connect::Connection;
use crate::wire::{Failure, told};

/// The upgrade takes 9–59 ms on an idle cluster.
const OPEN_DEADLINE: Duration = Duration::from_secs(10);

#[async_trait]
impl Tunnel for Connection {
    async fn open(&self, pod: &ObjectId, port: u16) -> Result<Box<dyn Duplex>, ReadError> {
        let what = || format!("port {port} of {}", pod.said());
        let pods: Api<Pod> = Api::namespaced(self.kube(), &pod.namespace);
        let mut forward = match tokio::time::timeout(OPEN_DEADLINE, pods.portforward(&pod.name, &[port])).await {
            Ok(Ok(forward)) => forward,
            Ok(Err(e)) => return Err(failure(e).said(what())),
            Err(_) => return Err(Failure::Unreachable(sentence!("not open within {n} s", n = OPEN_DEADLINE.as_secs())).said(what())),
        };
        let Some(io) = forward.take_stream(port) else {
            return Err(Failure::Invalid(sentence!("no stream for the port")).said(what()));
        };
        Ok(Box::new(Forwarded { io, forward }))
    }
}

fn failure(e: kube::Error) -> Failure {
    match &e {
        kube::Error::Api(s) => match s.code {
            401 => Failure::Unauthorized(Sentence::quoted(&s.message)),
            403 => Failure::Forbidden(Sentence::quoted(&s.message)),
            404 => Failure::NotFound(Sentence::quoted(&s.message)),
            500.. => Failure::Unreachable(Sentence::quoted(&s.message)),
            _ => Failure::Invalid(Sentence::quoted(&s.message)),
        },
        other => Failure::Unreachable(told(other)),
    }
}

/// The stream, and the task that serves it: it ends with the stream.
struct Forwarded {
    io: DuplexStream,
    forward: Portforwarder,
}

impl Drop for Forwarded {
    fn drop(&mut self) {
        self.forward.abort();
    }
}

impl AsyncRead for Forwarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Forwarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
