import Foundation
import Lockstep
import Testing

@testable import LockstepServer

/// What the engine may say of a listener is known to the description of the API and to the page.
@Suite struct StateWordsTests {
    @Test func theDescriptionKnowsEveryStateOfAListener() throws {
        let text = String(decoding: PackageResources.openapi_json, as: UTF8.self)
        let states = ListenerStatus.State.allCases.map(\.rawValue)
        let lists = try text.matches(of: Regex(#""enum": \[([^\]]*)\]"#)).map { match in
            String(match[1].substring ?? "").split { !$0.isLetter }.map(String.init)
        }
        #expect(lists.contains { Set($0) == Set(states) }, "\(states) as one `enum`")
    }

    @Test(arguments: ListenerStatus.State.allCases)
    func thePageHasAWordForEveryStateThatIsNotWell(state: ListenerStatus.State) {
        #expect(state == .ok || DashboardPage.html.contains("l.state === '\(state.rawValue)'"))
    }
}
