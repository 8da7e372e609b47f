/**
 * Loops of a graph, before anything is known of how they are entered.
 *
 * @module
 */

/**
 * Strongly connected components with a loop in them (Tarjan), of the given
 * nodes and the edges among them.
 */
export function loopsOf(
  nodes: ReadonlySet<number>,
  successorsOf: (node: number) => readonly number[],
): Set<number>[] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const onStack = new Set<number>();
  const found: Set<number>[] = [];
  const visit = (node: number) => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    onStack.add(node);
    const successors = successorsOf(node).filter((to) => nodes.has(to));
    for (const to of successors) {
      if (!index.has(to)) {
        visit(to);
        low.set(node, Math.min(low.get(node) ?? 0, low.get(to) ?? 0));
      } else if (onStack.has(to)) {
        low.set(node, Math.min(low.get(node) ?? 0, index.get(to) ?? 0));
      }
    }
    if (low.get(node) !== index.get(node)) return;
    const component = new Set<number>();
    for (;;) {
      const member = stack.pop() ?? node;
      onStack.delete(member);
      component.add(member);
      if (member === node) break;
    }
    if (component.size > 1 || successors.includes(node)) found.push(component);
  };
  for (const node of nodes) if (!index.has(node)) visit(node);
  return found;
}
