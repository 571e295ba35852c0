import CMongoShim
import Logging

/// Starts libmongoc once and sends what it says to swift-log.
func startLibrary() {
    _ = started
}

private let started: Void = shim_initialize { level, domain, message in
    // C says that these are never null.
    // libmongoc's levels: error, critical, warning, message, info, debug, trace.
    let levels: [Logger.Level] = [.error, .error, .warning, .notice, .info, .debug, .trace]
    let severity = levels.indices.contains(Int(level)) ? levels[Int(level)] : .debug
    driverLog.log(level: severity, "\(String(cString: domain)): \(String(cString: message))")
}

private let driverLog = Logger(label: "lockstep.mongoc")
