import Hummingbird
import Lockstep
import LockstepAPI

/// Answers the requests of every route.
struct Endpoints: Sendable {
    let options: ServerOptions
    let metrics: PrometheusRegistry
    let processMetrics: ProcessMetrics
    let observer: Observer

    init(_ databases: [WatchedDatabase], options: ServerOptions, metrics: PrometheusRegistry) {
        self.options = options
        self.metrics = metrics
        processMetrics = ProcessMetrics(metrics)
        observer = Observer(databases, options: options)
    }

    var databases: [WatchedDatabase] { observer.databases }

    /// The database that runs a listener; else the first, since requests do not name a database.
    func database(running listener: String?) throws -> WatchedDatabase {
        let running = listener.flatMap { id in databases.first { $0.has(listener: id) } }
        guard let database = running ?? databases.first else { throw LockstepError.notWatching }
        return database
    }
}

// MARK: Routes

extension Endpoints {
    var router: Router<Context> {
        let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorAnswers())
        router.add(middleware: HostCheck(options))
        router.add(middleware: MethodAnswers())
        for route in API.Route.allCases {
            router.group().add(middleware: TokenCheck(options, for: route.access)).on(
                RouterPath(route.path), method: .init(route.method), use: handler(of: route))
        }
        return router
    }

    private typealias Handler = @Sendable (Request, Context) async throws -> Response

    private func handler(of route: API.Route) -> Handler {
        switch route {
        case .dashboard: page
        case .description: openAPI
        case .metrics: prometheusText
        case .live: live
        case .ready: ready
        case .status: status
        case .history: history
        case .events: events
        case .freshness: freshness
        case .failures: failures
        case .failureReasons: failureReasons
        case .retry: retry
        case .pause: pause
        case .resume: resume
        case .reconcile: reconcile
        }
    }
}

extension HTTPRequest.Method {
    fileprivate init(_ method: API.Route.Method) {
        self =
            switch method {
            case .get: .get
            case .post: .post
            }
    }
}
