extension API {
    /// What the server answers, each by its `operationId` of the OpenAPI description.
    package enum Route: String, CaseIterable, Sendable {
        case dashboard, description, metrics, live, ready
        case status, history, events, freshness
        case failures, failureReasons, retry
        case pause, resume, reconcile
    }
}

extension API.Route {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    /// Who may ask.
    package enum Access: Sendable {
        /// Everybody.
        case open
        /// On loopback everybody, beyond it who has the token.
        case reading
        /// Who has the token.
        case changing
    }

    package struct Parameter: Sendable, Equatable {
        package enum Place: String, Sendable {
            case path, query
        }

        package let name: String
        package var place = Place.query
        /// It may be given several times.
        package var isRepeated = false
    }

    package struct Definition {
        package let method: Method
        /// With parameters in braces, as `/v1/listeners/{id}/pause`.
        package let path: String
        package let access: Access
        package var parameters: [Parameter] = []
        /// Of a request with a body.
        package var body: (any Codable.Type)?
        /// What is answered as JSON, by the HTTP status.
        package var answers: [Int: any Codable.Type] = [:]
    }

    package var method: Method { definition.method }
    package var path: String { definition.path }
    package var access: Access { definition.access }
    package var parameters: [Parameter] { definition.parameters }
}
