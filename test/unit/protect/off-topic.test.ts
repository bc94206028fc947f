// The off-topic model on a small domain given by words and examples.
import { describe, expect, test } from 'vitest';
import { offTopicOf } from '../../support/model-cases.ts';

const domain = {
  description: 'Questions of bank customers on accounts, cards, transfers and loans',
  examples: [
    'what is my account balance',
    'how do i transfer money to my savings account',
    'my credit card was declined at the shop',
    'what interest rate do you offer on a loan',
    'i want to report a lost debit card',
    'how long does an international transfer take',
    'why was i charged a fee on my checking account',
    'can i raise the limit of my card',
  ],
};
const scoreOf = (text: string): number => offTopicOf(domain, text).scores.offTopic ?? Number.NaN;

describe('off-topic', () => {
  test('what lies outside the domain scores higher than what lies inside', () => {
    const inside = [
      'is there a fee for sending money abroad',
      'how do i block my stolen card',
      'what is the balance of my savings account',
    ];
    const outside = ['how do i bake sourdough bread', 'who won the football match last night', 'write a poem about the moon'];
    for (const one of inside) for (const other of outside) expect(scoreOf(other)).toBeGreaterThan(scoreOf(one));
  });

  test('scores are sure where the text is far and unsure where it says nothing', () => {
    expect(scoreOf('how many planets orbit the sun and which has rings')).toBeGreaterThan(0.7);
    expect(scoreOf('what is my account balance')).toBeLessThan(0.3);
    expect(scoreOf('?!')).toBe(0.5);
  });

  test('a finding spans the text that is off-topic', () => {
    const text = 'please recommend a recipe for chicken curry with coconut milk';
    expect(offTopicOf(domain, text, 'high').findings).toMatchObject([{ category: 'offTopic', start: 0, end: text.length }]);
    expect(offTopicOf(domain, 'how do i transfer money to my savings account', 'high').findings).toEqual([]);
  });

  test('a domain without a telling word switches nothing on', () => {
    expect(() => offTopicOf({ description: '...', examples: [] }, 'hello')).toThrow('the policy switches on one model');
  });
});
