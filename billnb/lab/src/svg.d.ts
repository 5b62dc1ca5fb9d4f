/** An icon's drawing, as text. */
declare module '*.svg' {
  const drawing: string;
  export default drawing;
}
