import { expect, test } from 'vitest';
import { groupPacked } from './packedGroups.ts';

const grouped = (...paths: string[]) =>
  Object.fromEntries(
    [...groupPacked(paths.map((path) => ({ path, file: new File([], 'x') })))].map(
      ([root, files]) => [root, files.map(({ path }) => path)],
    ),
  );

test('archives of one folder are data of their own, those that begin alike are together', () => {
  const gtsrb = ['Training_Images', 'Test_Images', 'Test_GT'].map(
    (end) => `d/GTSRB_Final_${end}.zip`,
  );
  const cars = ['d/cars_train.tgz', 'd/cars_test.tgz'];
  expect(grouped('d/EuroSAT.zip', ...gtsrb.slice(0, 2), ...cars, 'd/dtd-r1.0.1.tar.gz')).toEqual({
    'd/EuroSAT.zip': ['d/EuroSAT.zip'],
    'd/GTSRB': gtsrb.slice(0, 2),
    'd/cars': cars,
    'd/dtd-r1.0.1.tar.gz': ['d/dtd-r1.0.1.tar.gz'],
  });
  expect(grouped(...gtsrb)).toEqual({ 'd/GTSRB': gtsrb });
});

test('lists and labels belong to the only data beside them', () => {
  const sun = ['s/SUN397.tar.gz', 's/Partitions.zip'];
  expect(grouped(...sun)).toEqual({ 's/SUN397': sun });
  const cars = [
    'cars_train.tgz',
    'cars_test.tgz',
    'car_devkit.tgz',
    'cars_test_annos_withlabels.mat',
  ];
  expect(grouped(...cars)).toEqual({ cars });
  const resisc = ['r/resisc45.tar', 'r/resisc45-train.txt', 'r/resisc45-test.txt'];
  expect(grouped(...resisc)).toEqual({ 'r/resisc45': resisc });
  expect(grouped('train.txt', 'README.txt')).toEqual({});
  expect(grouped('x/a.zip', 'x/b.zip', 'x/labels.zip')).toEqual({
    'x/a.zip': ['x/a.zip'],
    'x/b.zip': ['x/b.zip'],
    'x/labels.zip': ['x/labels.zip'],
  });
});

test('arrays of a folder are together', () => {
  const mnist = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
  const files = mnist.map((name) => `mnist/${name}-ubyte.gz`);
  expect(grouped(...files)).toEqual({ mnist: files });
  const svhn = ['svhn/train_32x32.mat', 'svhn/test_32x32.mat'];
  expect(grouped(...svhn)).toEqual({ svhn });
  expect(grouped('train_32x32.mat')).toEqual({ 'train_32x32.mat': ['train_32x32.mat'] });
});
