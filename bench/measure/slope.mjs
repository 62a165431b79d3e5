/**
 * How fast a figure grows, by least squares.
 *
 * @param {readonly (readonly [at: number, value: number])[]} points at least two, at different times
 * @returns {number} in units of the value per unit of time
 */
export function slope(points) {
  const mean = (place) => points.reduce((sum, point) => sum + point[place], 0) / points.length
  const [meanAt, meanValue] = [mean(0), mean(1)]
  const over = points.reduce((sum, [at, value]) => sum + (at - meanAt) * (value - meanValue), 0)
  return over / points.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0)
}
