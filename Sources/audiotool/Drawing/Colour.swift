/// A colour of 8 bits per part.
struct Colour: Equatable {
    var red: Double, green: Double, blue: Double

    static let ink = Colour(red: 0.1, green: 0.1, blue: 0.1)
    static let grid = Colour(red: 0.87, green: 0.87, blue: 0.87)
    static let paper = Colour(red: 1, green: 1, blue: 1)

    /// Colours that are told apart by most people, also by those who see few of them (after Okabe and Ito).
    static let series: [Colour] = [
        Colour(red: 0.00, green: 0.45, blue: 0.70), Colour(red: 0.84, green: 0.37, blue: 0.00),
        Colour(red: 0.00, green: 0.62, blue: 0.45), Colour(red: 0.80, green: 0.47, blue: 0.65),
        Colour(red: 0.34, green: 0.71, blue: 0.91), Colour(red: 0.90, green: 0.62, blue: 0.00),
        Colour(red: 0.35, green: 0.35, blue: 0.35),
    ]

    static func series(_ index: Int) -> Colour { series[index % series.count] }

    /// As cairo's 24-bit images store it.
    var packed: UInt32 {
        func byte(_ part: Double) -> UInt32 { UInt32((255 * min(max(part, 0), 1)).rounded()) }
        return byte(red) << 16 | byte(green) << 8 | byte(blue)
    }

    /// From black over violet, red and orange to pale yellow, ever lighter, as `share` goes from 0 to 1.
    static func heat(_ share: Double) -> Colour {
        let position = min(max(share, 0), 1) * Double(stops.count - 1)
        let index = min(Int(position), stops.count - 2)
        let part = position - Double(index), (from, to) = (stops[index], stops[index + 1])
        return Colour(
            red: from.0 + part * (to.0 - from.0), green: from.1 + part * (to.1 - from.1),
            blue: from.2 + part * (to.2 - from.2))
    }

    private static let stops: [(Double, Double, Double)] = [
        (0.00, 0.00, 0.02), (0.13, 0.05, 0.30), (0.36, 0.07, 0.43), (0.58, 0.15, 0.40), (0.79, 0.26, 0.29),
        (0.94, 0.44, 0.13), (0.98, 0.68, 0.10), (0.95, 0.90, 0.40), (0.99, 1.00, 0.80),
    ]
}
