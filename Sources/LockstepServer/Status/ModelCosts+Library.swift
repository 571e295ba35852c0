import Lockstep
import LockstepAPI

extension API.ModelCosts {
    init(_ model: ModelStatus) {
        self.init(
            model: model.model, calls: model.calls, inputs: model.inputs, tokens: model.tokens,
            retries: model.retries, price: model.price, refused: model.refused,
            budget: model.budget.flatMap { text in
                model.allowed.map {
                    API.Budget(text: text, amount: $0, spent: model.spent ?? 0, until: model.until)
                }
            },
            waits: model.waits)
    }
}
