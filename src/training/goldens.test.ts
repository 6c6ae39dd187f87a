import { openNodeTensors } from '../test/nodeTensors.ts';
import { testLearners } from '../test/trainingGoldens.ts';

testLearners(openNodeTensors);
