import { openNodeTensors } from '../gpu/nodeTensors.ts';
import { testLearners } from './goldenTests.ts';

testLearners(openNodeTensors);
