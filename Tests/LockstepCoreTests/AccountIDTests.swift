import LockstepCore
import TestModels
import Testing

/// What shares an account: one model, however many listeners it has, and nothing else.
@Suite struct AccountIDTests {
    private func closure() -> ClosureModel<String, Int> {
        ClosureModel("embed") { texts in texts.map(\.count) }
    }

    private func accounts(_ models: [some Model]) -> Set<AccountID> {
        Set(
            models.enumerated().map { number, model in
                Listener(model: model, on: Collection("docs\(number)"), key: "text").model.account
            })
    }

    @Test func closuresOfOneNameAreAccountsOfTheirOwn() {
        #expect(accounts([closure(), closure()]).count == 2)
    }

    @Test func oneObjectIsOneAccount() {
        let (one, other) = (TextLength("embed"), TextLength("embed"))
        #expect(accounts([one, one]).count == 1)
        #expect(accounts([one, other]).count == 2)
    }

    @Test func whatIsMadeOnceOfAValueIsOneAccount() {
        let model = AnyModel(closure())
        let listeners = ["a", "b"].map {
            Listener(model: model, on: Collection("docs"), keys: [FieldPath($0)], as: nil, where: nil)
        }
        #expect(Set(listeners.map(\.model.account)).count == 1)
    }
}
