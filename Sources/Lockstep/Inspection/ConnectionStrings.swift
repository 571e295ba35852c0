import MongoDriver

// The driver's functions about connection strings, for modules that do not import the driver.

/// The connection string with `***` for its password.
package func redacted(uri: String) -> String {
    MongoDriver.redacted(uri: uri)
}

/// The database that a connection string names; nil when it names none.
package func database(ofURI uri: String) -> String? {
    MongoDriver.database(ofURI: uri)
}

/// The problems of a connection string.
package func uriProblems(_ uri: String) -> [String] {
    MongoDriver.uriProblems(uri)
}

/// Asks the servers of a connection string why none can be used; nil when no reason is found. Blocks.
package func serverProblem(uri: String) -> String? {
    MongoDriver.serverProblem(uri: uri)
}

/// Asks the servers of a connection string why TLS fails; nil when no reason is found. Blocks.
package func tlsProblem(uri: String) -> String? {
    MongoDriver.tlsProblem(uri: uri)
}

package typealias LogIn = MongoDriver.LogIn
package typealias CollectionTraits = MongoDriver.CollectionTraits
package typealias Deployment = MongoDriver.Deployment
