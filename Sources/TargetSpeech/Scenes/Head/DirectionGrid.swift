/// Finds the measured directions around any direction.
struct DirectionGrid: Sendable {
    private static let step = 3.0
    private static let columns = 120, rows = 61

    private let vectors: [SIMD3<Float>]
    /// The nearest measurement of every cell of 3 by 3 degrees.
    private let cells: [Int32]
    /// How many neighbours are blended: two on a circle, three on a sphere.
    private let blended: Int

    init(_ directions: [Direction], isHorizontal: Bool) {
        let vectors = directions.map { SIMD3<Float>($0.vector) }
        self.vectors = vectors
        blended = min(isHorizontal ? 2 : 3, directions.count)
        var cells: [Int32] = []
        for row in 0..<Self.rows {
            for column in 0..<Self.columns {
                let center = Direction(azimuth: Double(column) * Self.step, elevation: Double(row) * Self.step - 90)
                let vector = SIMD3<Float>(center.vector)
                var best = (Float(-2), 0)
                for (index, other) in vectors.enumerated() {
                    let cosine = (vector * other).sum()
                    if cosine > best.0 { best = (cosine, index) }
                }
                cells.append(Int32(best.1))
            }
        }
        self.cells = cells
    }

    /// A measurement within about three degrees of the nearest one.
    func near(_ direction: Direction) -> Int {
        let column = Int((direction.wrapped.azimuth / Self.step).rounded()), row = Int(((direction.elevation + 90) / Self.step).rounded())
        let place = min(max(row, 0), Self.rows - 1) * Self.columns + (column + Self.columns) % Self.columns
        return Int(cells[place])
    }

    /// Measurements and weights that sum to one. The weights change continuously with the direction (Franke and Nielson's
    /// modification of Shepard's inverse distances, 1980): each vanishes where its measurement stops being one of the nearest.
    func around(_ direction: Direction) -> [(index: Int, weight: Float)] {
        let vector = SIMD3<Float>(direction.vector)
        var nearest: [(index: Int, distance: Float)] = []
        for (index, other) in vectors.enumerated() {
            let difference = vector - other
            let distance = (difference * difference).sum()
            if nearest.count <= blended || distance < nearest[nearest.count - 1].distance {
                let place = nearest.firstIndex { distance < $0.distance } ?? nearest.count
                nearest.insert((index, distance), at: place)
                if nearest.count > blended + 1 { nearest.removeLast() }
            }
        }
        let distances = nearest.map { $0.distance.squareRoot() }
        guard nearest.count > 1, distances[0] > 1e-4, let radius = distances.last else { return [(nearest[0].index, 1)] }
        var weights = distances.dropLast().map { distance -> Float in
            let value = (radius - distance) / (radius * distance)
            return value * value
        }
        let sum = weights.reduce(0, +)
        guard sum > 0 else { return [(nearest[0].index, 1)] }
        weights = weights.map { $0 / sum }
        return zip(nearest, weights).map { ($0.index, $1) }
    }
}
