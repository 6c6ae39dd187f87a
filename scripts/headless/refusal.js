/** An error whose message is for the user: no stack is printed. */
export class Refusal extends Error {}
