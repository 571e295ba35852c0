import Hummingbird
import Lockstep
import Logging

/// The HTTP server beside the daemon.
public struct Server {}
