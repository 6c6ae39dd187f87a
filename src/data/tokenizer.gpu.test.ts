import './tokenizer.test.ts';
