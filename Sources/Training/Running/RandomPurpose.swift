import NeuralCore

/// Keeps the random numbers of one run's parts apart: each purpose has its own seed, each item its own stream.
package enum RandomPurpose: UInt64 {
    case weights = 1, examples, diffusion, validation, rooms, split, validationRooms, voices

    package func seed(of run: UInt64) -> UInt64 {
        // The finaliser of SplitMix64 spreads neighbouring seeds over all bits.
        var value = run &+ 0x9e37_79b9_7f4a_7c15 &* rawValue
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    package func generator(run: UInt64, stream: Int = 0) -> Philox {
        Philox(seed: seed(of: run), stream: UInt64(stream))
    }
}
