/// Decides how many frames to leave out or to insert so that the time from input to output stays what was stated.
struct LatencyKeeper {
    /// Frames that wait between the two sides just after a block was captured.
    let margin: Int
    /// The most frames that a device takes or gives at once.
    let blockFrames: Int

    /// Every frame of silence that was played for want of sound made the way longer by one, every frame that found no
    /// room made it shorter by one; that is known exactly. Two devices' clocks drift apart besides, and a device may
    /// lose frames without saying so; that shows in what waits, within a block or two.
    ///
    /// - Parameters:
    ///   - shift: frames played for want of sound minus frames that found no room, less what was corrected.
    ///   - waiting: frames that wait between the two sides.
    /// - Returns: frames to leave out; silence to insert where negative.
    func correction(shift: Int, waiting: Int) -> Int {
        guard shift == 0 else { return shift }
        let excess = waiting - margin
        return excess > 2 * blockFrames || waiting < 2 * blockFrames ? excess : 0
    }
}
