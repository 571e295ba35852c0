extension API.Route {
    package var definition: Definition {
        switch self {
        case .dashboard: Definition(method: .get, path: "/", access: .open)
        case .description: Definition(method: .get, path: "/openapi.json", access: .open)
        case .metrics: Definition(method: .get, path: "/metrics", access: .open)
        case .live:
            Definition(method: .get, path: "/health/live", access: .open, answers: [200: API.Liveness.self])
        case .ready:
            Definition(
                method: .get, path: "/health/ready", access: .open,
                answers: [200: API.Readiness.self, 503: API.Readiness.self])
        case .status:
            Definition(
                method: .get, path: "/v1/status", access: .reading, answers: [200: API.DeploymentStatus.self])
        case .history:
            Definition(method: .get, path: "/v1/history", access: .reading, answers: [200: API.History.self])
        case .events: Definition(method: .get, path: "/v1/events", access: .reading)
        case .freshness:
            Definition(
                method: .get, path: "/v1/freshness", access: .reading,
                parameters: [
                    .init(name: "after"), .init(name: "timeout"), .init(name: "listener", isRepeated: true),
                ], answers: [200: API.Fresh.self, 504: API.NotFresh.self])
        case .failures:
            Definition(
                method: .get, path: "/v1/failures", access: .reading,
                parameters: [.init(name: "listener"), .init(name: "limit"), .init(name: "after")],
                answers: [200: API.FailurePage.self])
        case .failureReasons:
            Definition(
                method: .get, path: "/v1/failures/reasons", access: .reading,
                parameters: [.init(name: "listener"), .init(name: "limit")],
                answers: [200: API.FailureReasons.self])
        case .retry:
            Definition(
                method: .post, path: "/v1/failures/retry", access: .changing, body: API.RetryOrder.self,
                answers: [200: API.Retried.self])
        case .pause: Self.listenerOrder("pause")
        case .resume: Self.listenerOrder("resume")
        case .reconcile: Self.listenerOrder("reconcile")
        }
    }

    private static func listenerOrder(_ verb: String) -> Definition {
        Definition(
            method: .post, path: "/v1/listeners/{id}/\(verb)", access: .changing,
            parameters: [.init(name: "id", place: .path)], answers: [200: API.ListenerAnswer.self])
    }
}
