import Foundation
import Testing

@testable import AudioMetrics

@Suite struct ToeplitzSystemTests {
    /// The solution of a badly conditioned system leaves a residual of rounding size.
    @Test(arguments: [1, 2, 3, 17, 512])
    func theResidualIsSmall(_ size: Int) throws {
        // Two tones and a little white noise: a condition number of about 1e9.
        var column: [Double] = (0..<size).map { lag -> Double in
            let time = Double(lag)
            return cos(0.1 * time) + 0.5 * cos(0.13 * time)
        }
        column[0] += 1e-6
        let right: [Double] = (0..<size).map { sin(Double($0 * $0)) }
        let solution = try #require(ToeplitzSystem(firstColumn: column)).solve(right)
        let largest = solution.map { abs($0) }.max()!
        for row in 0..<size {
            var product = 0.0
            for index in 0..<size { product += column[abs(row - index)] * solution[index] }
            #expect(abs(product - right[row]) <= 1e-12 * largest, "row \(row)")
        }
    }

    @Test func aMatrixThatIsNotPositiveIsRefused() {
        #expect(ToeplitzSystem(firstColumn: []) == nil)
        #expect(ToeplitzSystem(firstColumn: [0, 0]) == nil)
        #expect(ToeplitzSystem(firstColumn: [1, 1]) == nil)
        #expect(ToeplitzSystem(firstColumn: [1, 2]) == nil)
    }
}
