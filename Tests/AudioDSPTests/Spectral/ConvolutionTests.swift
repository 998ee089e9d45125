import AudioDSP
import TestSupport
import Testing

@Suite struct ConvolutionTests {
    /// 1e-6 of the peak from the sum itself in double precision, through all the ways it is computed.
    @Test(arguments: [(1, 1), (5, 3), (100, 16), (100, 17), (17, 100), (4_000, 300), (40_000, 33), (30_000, 5_000)])
    func equalsTheSum(_ signalLength: Int, _ responseLength: Int) throws {
        let signal = noise(signalLength, seed: 41), response = noise(responseLength, seed: 43)
        var sums = [Double](repeating: 0, count: signalLength + responseLength - 1)
        for (delay, tap) in response.enumerated() {
            for index in signal.indices { sums[index + delay] += Double(tap) * Double(signal[index]) }
        }
        let result = try Convolution.convolve(signal, with: response)
        expectClose(result, sums.map { Float($0) }, relativeToPeak: 1e-6)
    }

    @Test func nothingStaysNothing() throws {
        #expect(try Convolution.convolve([], with: [1]).isEmpty)
        #expect(try Convolution.convolve([1], with: []).isEmpty)
    }
}
