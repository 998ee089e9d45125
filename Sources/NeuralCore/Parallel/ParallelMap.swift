/// `body(0)` to `body(count - 1)`, computed by `parallelFor`, in order.
public func parallelMap<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
    [Value](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
        nonisolated(unsafe) let base = buffer.baseAddress
        parallelFor(count) { index in (base! + index).initialize(to: body(index)) }
        initialized = max(count, 0)
    }
}
