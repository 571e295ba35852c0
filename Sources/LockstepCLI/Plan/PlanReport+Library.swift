import Lockstep
import LockstepAPI

extension API.PlanReport {
    init(_ plans: [ListenerPlan]) {
        self.init(
            listeners: plans.map { plan in
                Listener(
                    listener: plan.listener, documents: plan.documents, toCompute: plan.toCompute,
                    distinct: plan.distinct, tokens: plan.tokens, price: plan.price, seconds: plan.seconds,
                    removals: plan.removals)
            })
    }
}
