//! Routes that are known before anybody asks for them: what fails there is counted from 0 on.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    routing::{MethodFilter, MethodRouter},
};

use crate::metrics::HttpMetrics;

/// A router that tells the metrics what it has.
pub(super) struct Routes<S> {
    router: Router<S>,
    metrics: HttpMetrics,
}

/// What is done at an address, by method.
pub(super) struct Methods<S> {
    router: MethodRouter<S>,
    names: Vec<&'static str>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    pub(super) fn new(metrics: HttpMetrics) -> Self {
        Self { router: Router::new(), metrics }
    }

    pub(super) fn route(self, path: &str, methods: Methods<S>) -> Self {
        self.metrics.expect(path, &methods.names);
        Self { router: self.router.route(path, methods.router), metrics: self.metrics }
    }

    pub(super) fn into_router(self) -> Router<S> {
        self.router
    }
}

pub(super) fn get<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> Methods<S> {
    Methods::default().on("GET", MethodFilter::GET, handler)
}

pub(super) fn post<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> Methods<S> {
    Methods::default().on("POST", MethodFilter::POST, handler)
}

pub(super) fn put<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> Methods<S> {
    Methods::default().on("PUT", MethodFilter::PUT, handler)
}

pub(super) fn patch<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> Methods<S> {
    Methods::default().on("PATCH", MethodFilter::PATCH, handler)
}

pub(super) fn delete<H: Handler<T, S>, T: 'static, S: Clone + Send + Sync + 'static>(handler: H) -> Methods<S> {
    Methods::default().on("DELETE", MethodFilter::DELETE, handler)
}

impl<S: Clone + Send + Sync + 'static> Methods<S> {
    pub(super) fn post<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        self.on("POST", MethodFilter::POST, handler)
    }

    pub(super) fn put<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        self.on("PUT", MethodFilter::PUT, handler)
    }

    pub(super) fn patch<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        self.on("PATCH", MethodFilter::PATCH, handler)
    }

    pub(super) fn delete<H: Handler<T, S>, T: 'static>(self, handler: H) -> Self {
        self.on("DELETE", MethodFilter::DELETE, handler)
    }

    pub(super) fn layer(self, limit: DefaultBodyLimit) -> Self {
        Self { router: self.router.layer(limit), names: self.names }
    }

    fn on<H: Handler<T, S>, T: 'static>(mut self, name: &'static str, method: MethodFilter, handler: H) -> Self {
        self.names.push(name);
        Self { router: self.router.on(method, handler), names: self.names }
    }
}

impl<S: Clone> Default for Methods<S> {
    fn default() -> Self {
        Self { router: MethodRouter::new(), names: Vec::new() }
    }
}
