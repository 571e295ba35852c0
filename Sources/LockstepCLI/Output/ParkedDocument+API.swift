import Lockstep
import LockstepAPI

extension API.ParkedDocument {
    init(_ parked: ParkedDocument) {
        self.init(
            listener: parked.listener, document: ExtendedJSON(parked.documentID), reason: parked.reason,
            attempts: parked.attempts, since: ExtendedJSON(millisecondsSince1970: parked.since),
            at: ExtendedJSON(millisecondsSince1970: parked.at))
    }
}

extension API.ParkedGroup {
    init(_ group: FailureGroup) {
        self.init(
            listener: group.listener, reason: group.reason, count: group.count,
            document: ExtendedJSON(group.example), since: ExtendedJSON(millisecondsSince1970: group.since))
    }
}
