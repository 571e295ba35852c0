import Hummingbird
import Lockstep

/// Everything that is served, and where.
struct Site: Sendable {
    let watcher: DatabaseWatcher
    let db: Database
    let options: ServerOptions
    let metrics: PrometheusRegistry
    let processMetrics: ProcessMetrics
    let observer: Observer

    init(watcher: DatabaseWatcher, db: Database, options: ServerOptions, metrics: PrometheusRegistry) {
        self.watcher = watcher
        self.db = db
        self.options = options
        self.metrics = metrics
        processMetrics = ProcessMetrics(metrics)
        observer = Observer(watcher: watcher, options: options, db: db)
    }

    var router: Router<Context> {
        let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: SecurityHeaders())
        router.add(middleware: ErrorAnswers())
        router.add(middleware: HostCheck(options))
        router.add(middleware: MethodAnswers())
        router.get("/", use: page)
        router.get("/health/live", use: live)
        router.get("/health/ready", use: ready)
        router.get("/metrics", use: prometheusText)
        router.get("/openapi.json", use: openAPI)
        let reading = router.group("/v1").add(middleware: TokenCheck(options, for: .reading))
        reading.get("/status", use: status)
        reading.get("/history", use: history)
        reading.get("/failures", use: failures)
        reading.get("/failures/reasons", use: failureReasons)
        reading.get("/freshness", use: freshness)
        reading.get("/events", use: events)
        let changing = router.group("/v1").add(middleware: TokenCheck(options, for: .changing))
        changing.post("/failures/retry", use: retry)
        changing.post("/listeners/:id/pause", use: pause)
        changing.post("/listeners/:id/resume", use: resume)
        changing.post("/listeners/:id/reconcile", use: reconcile)
        return router
    }
}

/// What goes along with a request.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }
}
