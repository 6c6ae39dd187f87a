import { test } from '@playwright/test';
import { expectLessonsOffline } from '../support/offline.ts';

test('with the network cut every lesson opens from its link on pictures', ({ page }) =>
  expectLessonsOffline(page, 'vision', 'pictures'));
