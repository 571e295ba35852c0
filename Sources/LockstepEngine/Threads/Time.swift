import Foundation
import LockstepCore

extension Moment {
    package static var now: Moment {
        Moment(nanoseconds: DispatchTime.now().uptimeNanoseconds)
    }
}
