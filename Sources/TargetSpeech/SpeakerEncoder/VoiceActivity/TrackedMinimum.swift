/// The floor of a band's log energy over the last 100 frames: its third smallest value, smoothed.
struct TrackedMinimum {
    private var smallest: [(value: Int32, age: Int)] = []
    private var smoothed: Int32 = 1600

    /// - Parameter frames: Frames that were taken before this one.
    /// - Returns: The floor after this frame.
    mutating func track(_ value: Int32, frames: Int) -> Int32 {
        for index in smallest.indices { smallest[index].age += 1 }
        smallest.removeAll { $0.age > 100 }
        smallest.insert((value, 1), at: smallest.firstIndex { $0.value > value } ?? smallest.endIndex)
        if smallest.count > 16 { smallest.removeLast() }
        let floor = frames == 0 ? smoothed : smallest[frames > 2 ? min(2, smallest.count - 1) : 0].value
        let memory: Int32 = frames == 0 ? 0 : floor < smoothed ? 6553 : 32_439
        smoothed = ((memory + 1) &* smoothed &+ (32_767 - memory) &* floor &+ 16_384) >> 15
        return smoothed
    }
}
