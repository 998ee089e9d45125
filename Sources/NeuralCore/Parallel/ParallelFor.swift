import CKernels

/// Calls `body` once for every index below `count`, on up to `ComputeThreads.count` threads.
///
/// Results must not depend on who runs an index: the partition into indices is the caller's and has to follow from
/// sizes alone, never from the number of threads. A call from inside a loop, or while another thread's loop runs,
/// is carried out on the calling thread.
public func parallelFor(_ count: Int, _ body: @Sendable (Int) -> Void) {
    ComputeThreads.prepareLibraries()
    guard count > 1, ComputeThreads.count > 1 else {
        for index in 0..<count { body(index) }
        return
    }
    withoutActuallyEscaping(body) { body in
        var context = LoopContext(body: body)
        withUnsafeMutablePointer(to: &context) { context in
            ck_parallel_for(
                count, ComputeThreads.count,
                { context, index in
                    context!.assumingMemoryBound(to: LoopContext.self).pointee.body(index)
                }, context)
        }
    }
}

private struct LoopContext {
    let body: @Sendable (Int) -> Void
}

/// Splits `0..<count` into blocks of `size` (the last may be shorter) and runs them in parallel.
func parallelBlocks(_ count: Int, size: Int, _ body: @Sendable (Range<Int>) -> Void) {
    guard count > size else {
        ComputeThreads.prepareLibraries()
        if count > 0 { body(0..<count) }
        return
    }
    parallelFor((count + size - 1) / size) { index in
        body(index * size..<min(count, (index + 1) * size))
    }
}
